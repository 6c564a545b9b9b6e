import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { OptionError } from './misuse.ts';
import { installProcessHandlers, type ProcessFailure, type ProcessHandlerOptions } from './process-handlers.ts';

function fakeProcess(options: Partial<ProcessHandlerOptions> = {}) {
  const events = new EventEmitter();
  const seen: string[] = [];
  const exited = Promise.withResolvers<number>();
  const timers: (() => void)[] = [];
  const uninstall = installProcessHandlers({
    record: (failure: ProcessFailure) =>
      seen.push(`record ${failure.kind} ${String((failure.error as Error).message)}`),
    flush: async () => void seen.push('flush'),
    lastResort: (text) => seen.push(`last resort: ${text}`),
    after: (_ms, fn) => {
      timers.push(fn);
      return () => void seen.push('timer off');
    },
    ...options,
    process: {
      on: (name, fn) => events.on(name, fn as () => void),
      off: (name, fn) => events.off(name, fn as () => void),
      exit: (code) => exited.resolve(code),
    },
  });
  return { events, seen, exited: exited.promise, timers, uninstall };
}

describe('process handlers', () => {
  for (const kind of ['uncaughtException', 'unhandledRejection']) {
    it(`R38: ${kind} is recorded, flushed, and ends the process`, async () => {
      const { events, seen, exited } = fakeProcess();
      events.emit(kind, new Error('boom'));
      assert.equal(await exited, 1);
      assert.deepEqual(seen, [`record ${kind} boom`, 'flush', 'timer off']);
    });
  }
  it('R38: a warning is recorded only', () => {
    const { events, seen } = fakeProcess();
    events.emit('warning', new Error('careful'));
    assert.deepEqual(seen, ['record warning careful']);
  });
  it('R38: a second failure while flushing is recorded and flushes nothing again', async () => {
    const gate = Promise.withResolvers<void>();
    const { events, seen, exited } = fakeProcess({ flush: () => gate.promise, exitCode: 70 });
    events.emit('uncaughtException', new Error('first'));
    events.emit('unhandledRejection', new Error('second'));
    gate.resolve();
    assert.equal(await exited, 70);
    assert.deepEqual(seen, ['record uncaughtException first', 'record unhandledRejection second', 'timer off']);
  });
  it('R39: a flush that hangs is given up and told to stop', async () => {
    let signal: AbortSignal | undefined;
    const { events, seen, exited, timers } = fakeProcess({
      flush: (given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    });
    events.emit('uncaughtException', new Error('boom'));
    timers[0]!();
    assert.equal(await exited, 1);
    assert.ok(signal?.aborted);
    assert.ok(seen.includes('last resort: flushing took longer than 2000 ms'));
  });
  it('R39: neither a broken recorder nor a broken flush keeps the process alive', async () => {
    const { events, seen, exited } = fakeProcess({
      record: () => {
        throw new Error('disk full');
      },
      flush: () => Promise.reject(new Error('no network')),
    });
    events.emit('uncaughtException', new Error('boom'));
    assert.equal(await exited, 1);
    assert.deepEqual(seen, [
      'last resort: the failure handler could not record a failure',
      'last resort: the failure was: uncaughtException',
      'last resort: flushing failed',
      'timer off',
    ]);
  });
  it('takes every listener off again', () => {
    const { events, uninstall } = fakeProcess();
    assert.equal(events.eventNames().length, 3);
    uninstall();
    assert.equal(events.eventNames().length, 0);
  });
  it('wrong options are refused by name', () => {
    for (const change of [
      { record: 1 },
      { flushTimeoutMs: 0 },
      { flushTimeoutMs: Number.NaN },
      { flushTimeoutMs: 2 ** 31 },
      { flush: 'x' },
      { lastResort: true },
      { warnings: 1 },
      { exitCode: 0 },
      { exitcode: 1 },
    ]) {
      assert.throws(() => fakeProcess(change as never), OptionError);
    }
  });
});
