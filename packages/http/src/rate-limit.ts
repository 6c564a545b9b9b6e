import { OptionError } from '@breakwater/errors';
import { type Clock, createRateLimit, type RateLimitDecision, type RateLimitSpec } from '@breakwater/resilience';
import { toRateLimitHeaders } from '@breakwater/resilience/http';
import { edgeErrors } from './catalogue.ts';
import type { Guard } from './edge.ts';
import type { Exchange } from './exchange.ts';
import { createReport } from './report.ts';

/** A limit for some requests. */
export interface RateLimitRule extends RateLimitSpec {
  /** Shown in the header fields: printable ASCII. */
  readonly name: string;
  /** Requests it holds for: a path, a pattern of paths, or a question. Default: all. */
  readonly for?: string | RegExp | ((exchange: Exchange) => boolean) | undefined;
  /** Whose limit it is. Default: the client's address. `undefined` exempts a request. */
  readonly key?: ((exchange: Exchange) => string | undefined) | undefined;
  /**
   * `requests` (default), or `failures`: only responses of 400 and above count, so that an endpoint where errors mean an
   * attack or a broken client (sign-in, payment) can be far stricter without touching those who succeed.
   */
  readonly counts?: 'requests' | 'failures' | undefined;
  /** A limiter of yours, such as `createRedisRateLimit`'s, in place of one in memory; `limit` and `windowMs` are then its own. */
  readonly limiter?: { take(key?: string, cost?: number): RateLimitDecision | Promise<RateLimitDecision> } | undefined;
  /**
   * Requests while the limiter fails: let them through without this rule's fields (`open`, default), or refuse them with 503
   * (`closed`), for limits whose absence would hurt more than an outage.
   */
  readonly onFailure?: 'open' | 'closed' | undefined;
}

/**
 * A guard that limits requests per client and rule. All rules that hold for a request are asked; every response carries
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) with one item per rule, and a refusal is a 429
 * with `Retry-After`. A limiter of yours that fails is told to `onLimiterError` (default: one process warning for an outage),
 * and the rule's `onFailure` decides. Throws `OptionError` for a wrong rule.
 */
export function rateLimitGuard(
  rules: readonly RateLimitRule[],
  options: { readonly clock?: Clock | undefined; readonly onLimiterError?: (error: unknown) => void } = {},
): Guard {
  if (!Array.isArray(rules) || rules.length === 0) throw new OptionError('rules', rules, 'a list of rules');
  const limits = rules.map((rule: RateLimitRule) => {
    const { name, for: target, key, counts, limiter, onFailure = 'open', ...spec } = rule;
    if (!/^[ -~]{1,64}$/.test(name)) throw new OptionError('rules.name', name, '1 to 64 printable ASCII characters');
    if (onFailure !== 'open' && onFailure !== 'closed')
      throw new OptionError('rules.onFailure', onFailure, 'open or closed');
    return {
      name,
      onFailure,
      counts: counts ?? 'requests',
      holds: toQuestion(target),
      key: key ?? ((exchange: Exchange) => exchange.clientAddress),
      limiter: limiter ?? createRateLimit({ ...spec, name, clock: options.clock }),
      report: createReport(
        `The limiter of rate limit "${name}" failed: its rule is ${onFailure}`,
        options.onLimiterError,
      ),
    };
  });
  type Limit = (typeof limits)[number];

  const take = (
    limit: Limit,
    key: string,
    cost: number,
  ): RateLimitDecision | Promise<RateLimitDecision | undefined> => {
    const decision = limit.limiter.take(key, cost);
    if (!(decision instanceof Promise)) return decision;
    return decision.then(
      (settled) => {
        limit.report.ended();
        return settled;
      },
      (error: unknown) => {
        limit.report.tell(error);
        return undefined;
      },
    );
  };

  const apply = (exchange: Exchange, limit: Limit, key: string, decision: RateLimitDecision | undefined): void => {
    if (decision === undefined) {
      if (limit.onFailure === 'closed') throw new edgeErrors.RATE_LIMIT_UNAVAILABLE({ limit: limit.name });
      return;
    }
    const fields = toRateLimitHeaders(decision, limit.name);
    for (const name of ['RateLimit-Policy', 'RateLimit'] as const) {
      const known = exchange.headers[name.toLowerCase()];
      exchange.headers[name.toLowerCase()] = known === undefined ? fields[name]! : `${known}, ${fields[name]}`;
    }
    if (limit.counts === 'failures') {
      if (decision.remaining < 1)
        throw refusal(limit.name, key, decision.retryAfterMs ?? decision.resetMs / decision.limit);
      exchange.onEnd((ending) => {
        // Whether the last allowed failure still fits does not matter here: the next look decides.
        if (ending.status >= 400) void take(limit, key, 1);
      });
    } else if (!decision.allowed) throw refusal(limit.name, key, decision.retryAfterMs);
  };

  return (exchange) => {
    const waiting: Promise<() => void>[] = [];
    for (const limit of limits) {
      if (!limit.holds(exchange)) continue;
      const key = limit.key(exchange);
      if (key === undefined) continue;
      const decision = take(limit, key, limit.counts === 'failures' ? 0 : 1);
      if (decision instanceof Promise)
        waiting.push(decision.then((settled) => () => apply(exchange, limit, key, settled)));
      else apply(exchange, limit, key, decision);
    }
    if (waiting.length === 0) return undefined;
    return Promise.all(waiting).then((decisions) => {
      for (const decide of decisions) decide();
      return undefined;
    });
  };
}

function refusal(limit: string, client: string, retryAfterMs: number | undefined): Error {
  return new edgeErrors.TOO_MANY_REQUESTS(
    { limit, client },
    retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) },
  );
}

function toQuestion(target: RateLimitRule['for']): (exchange: Exchange) => boolean {
  if (target === undefined) return () => true;
  if (typeof target === 'function') return target;
  if (typeof target === 'string') return (exchange) => exchange.path === target;
  if (!(target instanceof RegExp) || target.global || target.sticky)
    throw new OptionError('rules.for', String(target), 'a path, a pattern without g or y, or a function');
  return (exchange) => target.test(exchange.path);
}
