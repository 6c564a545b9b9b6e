import { having, type Rule } from './options.ts';

/**
 * What is needed of a Redis client, passed in by whoever has one:
 *
 * - ioredis: `{ eval: (script, keys, args) => redis.eval(script, keys.length, ...keys, ...args) }`
 * - node-redis: `{ eval: (script, keys, args) => client.eval(script, { keys, arguments: args }) }`
 */
export interface RedisLike {
  /** Runs a Lua script in Redis. May reject, and may take long: whoever calls limits the wait. */
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
}

export const redisClient: Rule = /* @__PURE__ */ having('a Redis client', 'eval');
