import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from './events.ts';
import { createLogger } from './index.ts';
import { addToEvent, withWideEvent } from './request.ts';
import { memorySink } from './testing.ts';

test('R41 the error of a wide event is what was thrown, and a field named error is kept beside it', () => {
  const sink = memorySink();
  const logger = createLogger({ service: 's', sinks: [sink], flushAtExit: false });
  for (const error of ['card declined', new RangeError('seen on the way')])
    assert.throws(
      () =>
        withWideEvent({ logger }, () => {
          addToEvent({ error, route: '/pay' });
          throw new TypeError('the end of it');
        }),
      /the end of it/,
    );
  const [text, object] = sink.records().map(({ attributes }) => attributes);
  assert.deepEqual([text!['exception.type'], text!['error'], text!['route']], ['TypeError', 'card declined', '/pay']);
  assert.equal(object!['exception.message'], 'the end of it');
  assert.equal((object!['error'] as { message: string }).message, 'seen on the way');
});

test('R40 an event without fields names those it must have', () => {
  const sink = memorySink();
  const logger = createLogger({ service: 's', sinks: [sink], flushAtExit: false });
  for (const none of [undefined, null]) events.userAction.emit(logger, none as never);
  for (const { attributes } of sink.records())
    assert.deepEqual(attributes['breakwater.event.invalid'], ['user.action']);
});
