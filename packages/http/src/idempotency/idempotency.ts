import { createHash } from 'node:crypto';
import { callable, checkOptions, flag, having, oneOf, type Rule, whole } from '@breakwater/errors/options';
import { currentContext } from '@breakwater/log';
import { edgeErrors } from '../catalogue.ts';
import type { Exchange } from '../exchange.ts';
import type { Answer } from '../message.ts';
import { toFingerprint } from './fingerprint.ts';
import type { IdempotencyStore } from './store.ts';

export interface IdempotencyOptions<Tx> {
  readonly store: IdempotencyStore<Tx>;
  /** False: requests without a key run as they are, without protection and in a transaction of their own. Default true: they are refused. */
  readonly required?: boolean | undefined;
  /** How long answers are kept. Default 24 hours. */
  readonly ttlMs?: number | undefined;
  /** How long one request may take before it counts as broken off. Default 60 000. */
  readonly leaseMs?: number | undefined;
  /**
   * About a request that broke off in a store without transactions: `refuse` repetitions with 409
   * `IDEMPOTENCY_OUTCOME_UNKNOWN` (default), or `rerun` the work, which then must recognise what it has done already.
   */
  readonly onUnknown?: 'refuse' | 'rerun' | undefined;
  /** Whose keys they are: two clients' equal keys must not meet. Default: the context's `userId`, else nobody's. */
  readonly clientOf?: ((exchange: Exchange) => string) | undefined;
}

/**
 * Runs the work of a request once per `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a repetition is
 * given the first answer, with `idempotency-replayed: true`; one that comes meanwhile is refused with 409, one with other
 * content with 422, one without a key with 400. `body`: what the request asks for, as bytes, text or JSON value.
 *
 * Every answer that `work` returns is kept, a refusal too. When it throws, nothing is kept, and a repetition runs again,
 * unless the store cannot undo what was done and the error's outcome is `unknown`.
 */
export type Idempotent<Tx> = (
  exchange: Exchange,
  body: unknown,
  work: (transaction: Tx) => Promise<Answer>,
) => Promise<Answer>;

const rules: Record<string, Rule> = {
  store: having('a store', 'execute'),
  required: flag,
  ttlMs: whole(1),
  leaseMs: whole(1),
  onUnknown: oneOf('refuse', 'rerun'),
  clientOf: callable,
};

/** Makes the function that handlers call. Throws `OptionError` for a wrong option. */
export function createIdempotency<Tx>(options: IdempotencyOptions<Tx>): Idempotent<Tx> {
  checkOptions('createIdempotency', options, rules, ['store']);
  const { store, ttlMs = 24 * 3600 * 1000, leaseMs = 60_000, onUnknown = 'refuse' } = options;
  const clientOf = options.clientOf ?? (() => currentContext()?.userId ?? '');
  let unkeyed = 0;

  return async (exchange, body, work) => {
    const given = exchange.request.header('idempotency-key');
    if (given === undefined && options.required !== false) throw new edgeErrors.IDEMPOTENCY_KEY_MISSING();
    // Without a key nothing may be found: the request's own id and a counter make one that nobody else has.
    const key = given === undefined ? `none ${exchange.ids.spanId} ${unkeyed++}` : parseKey(given);
    const { method } = exchange.request;
    const result = await store.execute(
      {
        key: hash([clientOf(exchange), method, exchange.path, key]),
        fingerprint: toFingerprint(method, exchange.request.target, body),
        ttlMs,
        leaseMs,
        onUnknown,
      },
      work,
    );
    if (result.state === 'busy') throw new edgeErrors.IDEMPOTENCY_CONFLICT();
    if (result.state === 'mismatch') throw new edgeErrors.IDEMPOTENCY_KEY_REUSED();
    if (result.state === 'unknown') throw new edgeErrors.IDEMPOTENCY_OUTCOME_UNKNOWN();
    if (!result.replayed) return result.answer;
    return { ...result.answer, headers: { ...result.answer.headers, 'idempotency-replayed': 'true' } };
  };
}

// A string of structured fields (RFC 9651), as the draft has it; most clients send it without the quotes.
function parseKey(field: string): string {
  const quoted = /^"((?:[ !#-[\]-~]|\\["\\]){1,255})"$/.exec(field);
  if (quoted !== null) return quoted[1]!.replace(/\\(["\\])/g, '$1');
  if (/^[!#-+\--[\]-~]{1,255}$/.test(field)) return field;
  throw new edgeErrors.IDEMPOTENCY_KEY_INVALID();
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
