import { type Classify, type ProblemOptions, type ProblemResponse, toProblem } from '@breakwater/errors';
import {
  callable,
  checkOptions,
  durationMs,
  flag,
  having,
  type Rule,
  record,
  text,
  whole,
} from '@breakwater/errors/options';
import type { Logger } from '@breakwater/log';
import { type Clock, systemClock } from '@breakwater/resilience';
import { toBaggageKeys } from './baggage.ts';
import { type IdSource, systemIds } from './correlation.ts';
import { type Exchange, ExchangeImpl } from './exchange.ts';
import type { Answer, EdgeRequest } from './message.ts';
import { checkItems, clockRule, list, loggerRule } from './options.ts';
import { createReport } from './report.ts';

/**
 * Looks at a request before the handler: lets it pass (`undefined`), answers it itself, or refuses it by throwing, which
 * becomes a problem document. May add to `exchange.headers`, and to the context by `updateContext`.
 */
export type Guard = (exchange: Exchange) => Answer | undefined | Promise<Answer | undefined>;

/** Options of `createEdge`. */
export interface EdgeOptions {
  readonly log: Pick<Logger, 'log'>;
  /** Asked in this order before the handler. Default: none. */
  readonly guards?: readonly Guard[] | undefined;
  /** How errors become problem documents. */
  readonly problems?: Pick<ProblemOptions, 'typeBase' | 'locale' | 'texts' | 'exposeMessages' | 'redactor'> | undefined;
  /** Default: the built-in rules of `@breakwater/errors`. */
  readonly classify?: Classify | undefined;
  /** Write `Request started`? Default true. */
  readonly logStart?: boolean | undefined;
  /** Paths without records, such as health checks, unless they fail. Default: none. */
  readonly quietPaths?: readonly string[] | undefined;
  /** How many proxies in front append to `x-forwarded-for` and can be believed. Default 0: the peer is the client. */
  readonly trustedHops?: number | undefined;
  /**
   * The most time a request is given, in milliseconds; a request's own `x-request-timeout-ms` can only lower it. When it is over
   * `exchange.signal` aborts; a handler that does not look at it is not ended. Default: no limit.
   */
  readonly maxDurationMs?: number | undefined;
  /** Keys of W3C baggage taken from requests into the context. Default: none; the field is not even read. */
  readonly baggage?: readonly string[] | undefined;
  readonly ids?: Partial<IdSource> | undefined;
  readonly clock?: Clock | undefined;
}

/** The edge of a service, made once; adapters call `open` for each request. */
export interface Edge {
  /** Begins a request: reads and makes its ids, writes `Request started`. Never throws. */
  open(request: EdgeRequest): Exchange;
  /** How many requests are under way. */
  readonly active: number;
}

/** What an exchange uses of its edge. */
export interface EdgeParts {
  readonly options: EdgeOptions;
  readonly guards: readonly Guard[];
  readonly quiet: ReadonlySet<string>;
  /** `undefined`: none is read. */
  readonly baggage: ReadonlySet<string> | undefined;
  readonly ids: IdSource;
  readonly clock: Clock;
  active: number;
  toAnswer(error: unknown, request: EdgeRequest, correlationId: string): Answer & { readonly code: string };
}

const rules: Record<string, Rule> = {
  log: loggerRule,
  guards: list,
  problems: record,
  classify: callable,
  logStart: flag,
  quietPaths: list,
  trustedHops: whole(0),
  maxDurationMs: durationMs,
  baggage: list,
  ids: record,
  clock: clockRule,
};
const problemRules: Record<string, Rule> = {
  typeBase: text,
  // It becomes a header field.
  locale: ['a language tag such as en', (v) => typeof v === 'string' && /^[a-z]{1,8}(?:-[a-z\d]{1,8})*$/i.test(v)],
  texts: record,
  exposeMessages: flag,
  redactor: having('a redactor', 'redact', 'string', 'field'),
};
const pathRule: Rule = ['a path that begins with /', (v) => typeof v === 'string' && v.startsWith('/')];

/**
 * Makes the edge of a service, free of any framework. Throws `OptionError` for a wrong option.
 */
export function createEdge(options: EdgeOptions): Edge {
  checkOptions('createEdge', options, rules, ['log']);
  const { guards = [], quietPaths = [], ids = {}, problems = {} } = options;
  checkItems('createEdge.guards', guards, callable);
  checkItems('createEdge.quietPaths', quietPaths, pathRule);
  checkOptions('createEdge.ids', ids, { newId: callable, newHex: callable });
  checkOptions('createEdge.problems', problems, problemRules);
  const baggage = toBaggageKeys('createEdge.baggage', options.baggage);
  const report = createReport('An option of createEdge failed: errors are answered without it', undefined);
  const parts: EdgeParts = {
    options,
    guards,
    quiet: new Set(quietPaths),
    baggage: baggage.size === 0 ? undefined : baggage,
    ids: { newId: ids.newId ?? systemIds.newId, newHex: ids.newHex ?? systemIds.newHex },
    clock: options.clock ?? systemClock,
    active: 0,
    toAnswer(error, request, correlationId) {
      const facts = { acceptLanguage: request.header('accept-language'), correlationId };
      let problem: ProblemResponse;
      try {
        const { classify } = options;
        problem = toProblem(error, { ...options.problems, ...(classify === undefined ? {} : { classify }), ...facts });
        report.ended();
      } catch (failure) {
        // A rule or text of the service's own is at fault; the request is answered all the same.
        report.tell(failure);
        problem = toProblem(error, facts);
      }
      return {
        status: problem.status,
        headers: problem.headers,
        body: JSON.stringify(problem.body),
        code: problem.body.code,
      };
    },
  };
  return {
    open: (request) => new ExchangeImpl(parts, request),
    get active() {
      return parts.active;
    },
  };
}
