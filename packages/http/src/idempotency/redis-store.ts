import { randomUUID } from 'node:crypto';
import { classify, OptionError } from '@breakwater/errors';
import type { RedisLike } from '@breakwater/resilience/redis';
import type { Answer } from '../message.ts';
import { createReport } from '../report.ts';
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

/**
 * A store in Redis, shared by a fleet. Redis and the work's own effects do not commit together: when the process dies in
 * between, the key stays, and after `leaseMs` repetitions are told that the outcome is unknown (or the work runs again,
 * with `onUnknown: 'rerun'`). Work that may take effect twice at no price, or whose effects are in PostgreSQL, is
 * better off with the other setting or the other store. `prefix`: default `idempotency:`. `onError` is told what fails no
 * request: a key that could not be given up, and an answer that was not kept because its lease had ended and another run
 * has the key. Default: a process warning.
 */
export function redisIdempotencyStore(
  redis: RedisLike,
  options: { readonly prefix?: string; readonly onError?: (error: unknown) => void } = {},
): IdempotencyStore {
  if (typeof redis?.eval !== 'function')
    throw new OptionError('redis', redis, 'a Redis client with eval(script, keys, args)');
  const prefix = options.prefix ?? 'idempotency:';
  const report = createReport('Idempotency in Redis is in doubt', options.onError);
  return {
    async execute(entry, work) {
      const keys = [prefix + entry.key];
      const token = randomUUID();
      const { fingerprint, leaseMs, ttlMs, onUnknown } = entry;
      const reply = (await redis.eval(BEGIN, keys, [
        fingerprint,
        token,
        String(leaseMs),
        String(ttlMs),
        onUnknown,
      ])) as readonly string[];
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
        const end = classify(error).outcome === 'unknown' ? 'unknown' : 'forget';
        // When Redis is away too, the lease ends by itself, in doubt as "unknown"; the first error is the one that counts.
        await redis.eval(GIVE_UP, keys, [token, end]).catch((failure: unknown) => report.tell(failure));
        throw error;
      }
      const kept = await redis.eval(COMPLETE, keys, [token, JSON.stringify(answer), String(ttlMs)]);
      if (Number(kept) === 1) report.ended();
      else
        report.tell(
          new Error('The work took longer than its lease, and its answer was not kept: it may have run twice'),
        );
      return { state: 'done', answer, replayed: false };
    },
  };
}
