import { checkOptions, durationMs, type Rule, text } from '../options.ts';
import { type RedisLike, redisClient } from '../redis-client.ts';
import type { BreakerStore } from './shared.ts';
import type { BreakerSnapshot } from './snapshot.ts';

export interface RedisBreakerStoreOptions {
  readonly redis: RedisLike;
  /** Begins every key in Redis; `state:` or `lease:` and the name of the breaker follow. Default `breakwater:breaker:`. */
  readonly prefix?: string | undefined;
  /** A state nobody has written for this long is forgotten. Default one day. */
  readonly ttlMs?: number | undefined;
}

const rules: Record<string, Rule> = { redis: redisClient, prefix: text, ttlMs: durationMs };

// `KEYS[1]` alone tells a cluster where to run it.
const READ = `return redis.call('GET', KEYS[1])`;
const WRITE = `redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1`;
const LEASE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/**
 * A {@link BreakerStore} in Redis, for `shareBreaker`. Every method is one atomic round trip and rejects when Redis does.
 * The open time in a state is wall-clock time: members whose clocks differ by seconds probe seconds apart. Throws
 * `OptionError` on bad options.
 */
export function createRedisBreakerStore(options: RedisBreakerStoreOptions): BreakerStore {
  checkOptions('createRedisBreakerStore', options, rules, ['redis']);
  const { redis, prefix = 'breakwater:breaker:', ttlMs = 86_400_000 } = options;
  const stateOf = (name: string): string[] => [`${prefix}state:${name}`];
  const whole = (ms: number): string => String(Math.max(1, Math.ceil(ms)));
  return {
    async read(name) {
      const reply = await redis.eval(READ, stateOf(name), []);
      return reply === null || reply === undefined ? undefined : (JSON.parse(String(reply)) as BreakerSnapshot);
    },
    async write(name, snapshot) {
      await redis.eval(WRITE, stateOf(name), [JSON.stringify(snapshot), whole(ttlMs)]);
    },
    async lease(name, holder, leaseMs) {
      return Number(await redis.eval(LEASE, [`${prefix}lease:${name}`], [holder, whole(leaseMs)])) === 1;
    },
  };
}
