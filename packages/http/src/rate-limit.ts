import { OptionError } from '@breakwater/errors';
import { callable, checkOptions, having, oneOf, type Rule } from '@breakwater/errors/options';
import { type Clock, createRateLimit, type RateLimitDecision, type RateLimitSpec } from '@breakwater/resilience';
import { toRateLimitHeaders } from '@breakwater/resilience/http';
import { edgeErrors } from './catalogue.ts';
import type { Guard } from './edge.ts';
import type { Exchange } from './exchange.ts';
import { toNetwork } from './network.ts';
import { clockRule } from './options.ts';
import { createReport } from './report.ts';

/** A limit for some requests. */
export interface RateLimitRule extends RateLimitSpec {
  /** Shown in the header fields: printable ASCII, and no other rule's. */
  readonly name: string;
  /**
   * Requests it holds for: a path, a pattern of paths, or a question. Default: all. A path or pattern holds for every spelling
   * that some framework routes the same: `/login` also for `/LOGIN`, `/login/` and `/%6cogin`.
   */
  readonly for?: string | RegExp | ((exchange: Exchange) => boolean) | undefined;
  /**
   * Whose limit it is. Default: the client's address, of IPv6 the first 64 bits, which one client has to itself, and where IPv4
   * is translated or tunnelled (mapped, NAT64, 6to4) the address of IPv4. `undefined` exempts a request.
   */
  readonly key?: ((exchange: Exchange) => string | undefined) | undefined;
  /**
   * `requests` (default), or `failures`: only responses of 400 and above count, so that an endpoint where errors mean an
   * attack or a broken client (sign-in, payment) can be far stricter without touching those who succeed. They count when they
   * end, so what a client has under way at once may fail beyond the limit: a second rule, of requests, bounds that.
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
  if (!Array.isArray(rules) || rules.length === 0)
    throw new OptionError('rateLimitGuard.rules', rules, 'a list of at least one rule');
  checkOptions('rateLimitGuard', options, { clock: clockRule, onLimiterError: callable });
  const names = new Set<string>();
  const limits = rules.map((rule: RateLimitRule, index) => {
    const at = `rateLimitGuard.rules[${index}]`;
    checkOptions(at, rule, ruleRules, ['name']);
    const { name, for: target, key, counts, limiter, onFailure = 'open', ...spec } = rule;
    if (names.has(name)) throw new OptionError(`${at}.name`, name, 'a name that no other rule has');
    names.add(name);
    return {
      name,
      onFailure,
      counts: counts ?? 'requests',
      holds: toQuestion(target),
      key: key ?? ((exchange: Exchange) => toNetwork(exchange.clientAddress)),
      limiter: limiter ?? createRateLimit({ ...spec, name, clock: options.clock }),
      report: createReport(
        `The limiter of rate limit "${name}" failed: its rule is ${onFailure}`,
        options.onLimiterError,
      ),
    };
  });
  type Limit = (typeof limits)[number];
  const byPath = rules.some((rule: RateLimitRule) => typeof rule.for === 'string' || rule.for instanceof RegExp);

  const take = (
    limit: Limit,
    key: string,
    cost: number,
  ): RateLimitDecision | Promise<RateLimitDecision | undefined> => {
    let decision: RateLimitDecision | Promise<RateLimitDecision>;
    try {
      decision = limit.limiter.take(key, cost);
    } catch (error) {
      decision = Promise.reject(error);
    }
    if (!isThenable(decision)) return decision;
    return Promise.resolve(decision).then(
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
    const spent = limit.counts === 'failures' && decision.remaining < 1;
    const retryAfterMs = decision.retryAfterMs ?? (spent ? decision.resetMs / decision.limit : undefined);
    const fields = toRateLimitHeaders({ ...decision, retryAfterMs }, limit.name);
    for (const name of ['RateLimit-Policy', 'RateLimit'] as const) {
      const known = exchange.headers[name.toLowerCase()];
      exchange.headers[name.toLowerCase()] = known === undefined ? fields[name]! : `${known}, ${fields[name]}`;
    }
    if (spent) throw refusal(limit.name, key, retryAfterMs);
    if (limit.counts === 'failures') {
      exchange.onEnd((ending) => {
        // Whether the last allowed failure still fits does not matter here: the next look decides.
        if (ending.status >= 400 || ending.failed === true) void take(limit, key, 1);
      });
    } else if (!decision.allowed) throw refusal(limit.name, key, retryAfterMs);
  };

  return (exchange) => {
    const waiting: Promise<() => void>[] = [];
    const plainPath = byPath ? toPlainPath(exchange.path) : '';
    for (const limit of limits) {
      if (!limit.holds(exchange, plainPath)) continue;
      const key = limit.key(exchange);
      if (key === undefined) continue;
      const decision = take(limit, key, limit.counts === 'failures' ? 0 : 1);
      if (isThenable(decision))
        waiting.push(Promise.resolve(decision).then((settled) => () => apply(exchange, limit, key, settled)));
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

function toQuestion(target: RateLimitRule['for']): (exchange: Exchange, plainPath: string) => boolean {
  if (target === undefined) return () => true;
  if (typeof target === 'function') return (exchange) => target(exchange);
  if (typeof target === 'string') {
    const wanted = toPlainPath(target);
    return ({ path }, plainPath) => path === target || plainPath === wanted;
  }
  return ({ path }, plainPath) => target.test(path) || (plainPath !== path && target.test(plainPath));
}

// Frameworks differ in what they take for the same path: some ignore case, a slash at the end, or percent encoding, or take
// `\` for a slash. A limit that one spelling goes around is none.
function toPlainPath(path: string): string {
  if (!/[%A-Z\\]|[^!-~]|\/\/|.\/$/.test(path)) return path;
  // Not `decodeURIComponent`: one byte that is no UTF-8 must not keep the rest as it is.
  return path
    .replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
    .toLowerCase()
    .replace(/[\\/]+/g, '/')
    .replace(/(?<=.)\/$/, '');
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

const anything: Rule = ['anything', () => true];
// What is said of the limit itself is checked by `createRateLimit`.
const ruleRules: Record<string, Rule> = {
  name: ['1 to 64 printable ASCII characters', (v) => typeof v === 'string' && /^[ -~]{1,64}$/.test(v)],
  for: [
    'a path that begins with /, a pattern without g or y, or a function',
    (v) =>
      typeof v === 'function' ||
      (typeof v === 'string' && v.startsWith('/')) ||
      (v instanceof RegExp && !v.global && !v.sticky),
  ],
  key: callable,
  counts: oneOf('requests', 'failures'),
  limiter: having('a limiter', 'take'),
  onFailure: oneOf('open', 'closed'),
  algorithm: anything,
  limit: anything,
  windowMs: anything,
  burst: anything,
};
