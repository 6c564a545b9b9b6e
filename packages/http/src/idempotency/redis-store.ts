import { randomUUID } from 'node:crypto';
import { classify } from '@breakwater/errors';
import { callable, checkOptions, checkValue, having, type Rule } from '@breakwater/errors/options';
import { type Clock, createTimeout, systemClock } from '@breakwater/resilience';
import type { RedisLike } from '@breakwater/resilience/redis';
import type { Answer } from '../message.ts';
import { clockRule, timerMs } from '../options.ts';
import { createReport } from '../report.ts';
import { createLateEndings } from './late-endings.ts';
import type { IdempotencyStore } from './store.ts';

const BEGIN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'state', 'fingerprint', 'lease', 'answer')
if kept[1] then
  if kept[2] ~= ARGV[1] then return {'mismatch'} end
  if kept[1] == 'done' then return {'done', kept[4]} end
  if tonumber(kept[3]) > now then return {'busy'} end
  if ARGV[5] == 'refuse' then return {'unknown'} end
end
redis.call('HSET', KEYS[1], 'state', 'open', 'fingerprint', ARGV[1], 'token', ARGV[2], 'lease', now + ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {'claimed'}`;

const COMPLETE = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'done', 'answer', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

const GIVE_UP = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
if ARGV[2] == 'forget' then redis.call('DEL', KEYS[1]) else redis.call('HSET', KEYS[1], 'lease', 0) end
return 1`;

const rules: Record<string, Rule> = {
  prefix: ['a string', (v) => typeof v === 'string'],
  onError: callable,
  timeoutMs: timerMs,
  clock: clockRule,
};

/**
 * A store in Redis, shared by a fleet. Redis and the work's own effects do not commit together: when the process dies in
 * between, the key stays, and after `leaseMs` repetitions are told that the outcome is unknown (or the work runs again,
 * with `onUnknown: 'rerun'`). Work that may take effect twice at no price, or whose effects are in PostgreSQL, is
 * better off with the other setting or the other store.
 *
 * When Redis is away as a run ends, the request ends as the work did, and Redis is told later, as soon as it is back: that
 * the key is free again, or the answer. Until then repetitions are told "busy", after `leaseMs` "unknown".
 *
 * `timeoutMs`: longest wait for one answer of Redis, default 3000, which is above what a guarded client waits. A client that
 * queues without limit while Redis is away, as ioredis does, would hold requests for ever. Whose key could not be claimed in
 * time is rejected with `TimeoutError`, and its work is not begun.
 *
 * `prefix`: default `idempotency:`. `onError` is told what fails no request: an end that Redis could not be told of at
 * once, and an answer that was not kept because its lease had ended and another run has the key. Default: a process
 * warning. Throws `OptionError` for wrong options.
 */
export function redisIdempotencyStore(
  redis: RedisLike,
  options: {
    readonly prefix?: string | undefined;
    readonly onError?: ((error: unknown) => void) | undefined;
    readonly timeoutMs?: number | undefined;
    readonly clock?: Clock | undefined;
  } = {},
): IdempotencyStore {
  checkValue('redisIdempotencyStore.redis', redis, having('a Redis client', 'eval'));
  checkOptions('redisIdempotencyStore', options, rules);
  const { prefix = 'idempotency:', clock = systemClock, timeoutMs = 3000 } = options;
  const limit = createTimeout({ name: 'idempotency', timeoutMs, clock });
  const ask: RedisLike['eval'] = (script, keys, args) =>
    limit.execute(() => redis.eval(script, keys, args), { operation: 'the answer of Redis about an idempotency key' });
  const tellLater = createLateEndings({ eval: ask }, clock);
  const report = createReport('Idempotency in Redis is in doubt', options.onError);
  return {
    async execute(entry, work) {
      const keys = [prefix + entry.key];
      const token = randomUUID();
      const { fingerprint, leaseMs, ttlMs, onUnknown } = entry;
      const end = async (script: string, args: readonly string[]): Promise<unknown> => {
        try {
          return await ask(script, keys, [...args]);
        } catch (error) {
          report.tell(error);
          tellLater({ script, keys, args, ttlMs });
          return undefined;
        }
      };
      const claim = [fingerprint, token, String(leaseMs), String(ttlMs), onUnknown];
      const reply = (await ask(BEGIN, keys, claim).catch((error: unknown) => {
        // It may have come through, and then nobody would give the key up.
        if (classify(error).outcome !== 'not-applied')
          tellLater({ script: GIVE_UP, keys, args: [token, 'forget'], ttlMs });
        throw error;
      })) as readonly string[];
      switch (reply[0]) {
        case 'mismatch':
        case 'busy':
        case 'unknown':
          return { state: reply[0] };
        case 'done':
          return { state: 'done', answer: JSON.parse(reply[1] ?? '') as Answer, replayed: true };
        case 'claimed':
          break;
        default:
          throw new TypeError(`Redis gave an unexpected reply: ${JSON.stringify(reply)}`);
      }
      let answer: Answer;
      try {
        answer = await work(undefined);
      } catch (error) {
        // When Redis is away too, the first error is the one that counts.
        await end(GIVE_UP, [token, classify(error).outcome === 'unknown' ? 'unknown' : 'forget']);
        throw error;
      }
      // The work is done: that its answer could not be kept is no reason to say that it failed.
      const kept = await end(COMPLETE, [token, JSON.stringify(answer), String(ttlMs)]);
      if (Number(kept) === 1) report.ended();
      else if (kept !== undefined)
        report.tell(
          new Error('The work took longer than its lease, and its answer was not kept: it may have run twice'),
        );
      return { state: 'done', answer, replayed: false };
    },
  };
}
