import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { currentErrorContext } from '@breakwater/errors';
import { createRedactor } from '@breakwater/redact';
import { bindContext, createLogger, currentContext, updateContext, withContext } from './index.ts';
import { memorySink } from './testing.ts';

test('R30 context survives promises, timers, streams and emitters, and ends with its work', async () => {
  const seen: (string | undefined)[] = [];
  const note = (): void => {
    seen.push(currentContext()?.correlationId);
  };
  const emitter = new EventEmitter();
  await withContext({ correlationId: 'a' }, async () => {
    note();
    await Promise.resolve();
    note();
    await new Promise<void>((resolve) => setTimeout(() => resolve(note()), 1));
    emitter.once('go', bindContext(note));
    await pipeline(
      Readable.from(['x']),
      new Transform({
        transform(chunk, _encoding, done) {
          note();
          done(null, chunk);
        },
      }),
      async (source) => {
        for await (const _ of source) note();
      },
    );
  });
  emitter.emit('go');
  note();
  assert.deepEqual(seen, ['a', 'a', 'a', 'a', 'a', 'a', undefined]);
});

test('R30 context goes to a worker thread as plain data', async () => {
  const { Worker } = await import('node:worker_threads');
  const worker = withContext(
    { correlationId: 'w' },
    () =>
      new Worker(
        `const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData);`,
        {
          eval: true,
          workerData: currentContext(),
        },
      ),
  );
  const [message] = (await once(worker, 'message')) as [{ correlationId: string }];
  await worker.terminate();
  assert.equal(
    withContext(message, () => currentContext()?.correlationId),
    'w',
  );
});

test('R31 ten thousand interleaved requests never mix', async () => {
  const sink = memorySink({ maxRecords: 50_000 });
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false });
  await Promise.all(
    Array.from({ length: 10_000 }, (_, index) =>
      withContext({ correlationId: `c-${index}` }, async () => {
        logger.info('start', { index });
        for (let step = 0; step < index % 4; step++) await turn();
        updateContext({ userId: `u-${index}` });
        await Promise.resolve();
        logger.info('end', { index });
      }),
    ),
  );
  assert.equal(sink.lines.length, 20_000);
  for (const { attributes, body } of sink.records()) {
    assert.equal(attributes['breakwater.correlation_id'], `c-${attributes['index']}`);
    assert.equal(attributes['user.id'], body === 'end' ? `u-${attributes['index']}` : undefined);
  }
  await logger.close();
});

test('R32 fields inherit and are replaced; trace ids stand beside the record, malformed ones nowhere; baggage by list', async () => {
  const sink = memorySink();
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false, baggage: ['tier'] });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  withContext({ correlationId: 'c', traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 }, () => {
    withContext({ userId: 'u', baggage: { tier: 'gold', secret: 'x' } }, () => logger.info('in'));
    withContext({ traceId: '"},"forged":"' }, () => logger.info('bad'));
  });
  const [first, second] = sink.records();
  assert.equal(first!.traceId, traceId);
  assert.equal(first!.spanId, 'b7ad6b7169203331');
  assert.equal(first!.traceFlags, 1);
  assert.deepEqual(first!.attributes, { 'breakwater.correlation_id': 'c', 'user.id': 'u', 'baggage.tier': 'gold' });
  assert.equal(second!.traceId, undefined);
  await logger.close();
});

test('R33 errors made inside know the context while a logger is open, and the provider of before comes back', async () => {
  const before = currentErrorContext();
  const logger = createLogger({ service: 't', sinks: [], flushAtExit: false });
  withContext({ correlationId: 'c', operation: 'op' }, () => {
    assert.equal(currentErrorContext().correlationId, 'c');
    assert.equal(currentErrorContext().operation, 'op');
  });
  await logger.close();
  assert.deepEqual(currentErrorContext(), before);
});

test('R13 no preset whose plain words are clean takes a UUID, so the context writes one unseen; another id is looked at', async () => {
  const digits = (seed: number): string => String(Math.imul(seed, 2654435761) >>> 0).padStart(12, '4');
  for (const preset of ['default', 'pci', 'secrets'] as const) {
    const redactor = createRedactor({ preset });
    for (let seed = 1; seed < 300; seed++) {
      const uuid = `41111111-1111-4111-8111-${digits(seed)}`;
      assert.equal(redactor.string(uuid), uuid, preset);
    }
  }
  const sink = memorySink();
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false });
  withContext({ correlationId: '41111111-1111-4111-8111-111111111111', requestId: '4111111111111111' }, () =>
    logger.info('x'),
  );
  const [record] = sink.records();
  assert.equal(record!.attributes['breakwater.correlation_id'], '41111111-1111-4111-8111-111111111111');
  assert.doesNotMatch(String(record!.attributes['breakwater.request_id']), /4111111111111111/);
  await logger.close();
});
