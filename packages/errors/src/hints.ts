import { headersOf, readHeader } from './inspect.ts';
import { readList, readNumber, readProperty } from './read.ts';
import { bounded } from './retry-after.ts';
import type { Outcome, Unit } from './taxonomy.ts';

/** What an error says itself about repeating it. */
export interface Hint {
  /** The rule, for `evidence.rule`. */
  readonly rule: string;
  /** Whose convention it is; the verdict's domain when nothing else is known. */
  readonly domain: string;
  readonly retryable: boolean;
  readonly outcome?: Outcome;
  readonly unit?: Unit;
  readonly retryAfterMs?: number;
}

/** Boolean properties by which libraries say whether an error may be repeated, and whose they are. */
export const HINT_PROPERTIES: readonly (readonly [property: string, domain: string])[] = [
  ['retryable', 'unknown'],
  ['isRetryable', 'unknown'],
  ['retriable', 'kafka'],
  ['canRetry', 'kafka'],
  ['isRetriable', 'kafka'],
];

/** Response headers that say so, and whose they are. */
export const HINT_HEADERS: readonly (readonly [header: string, domain: string])[] = [
  ['stripe-should-retry', 'stripe'],
  ['x-should-retry', 'openai'],
  ['transient-error', 'adyen'],
];

/** Names of errors that say "not retryable" because their client has retried enough for now: theirs is no hint. */
export const GAVE_UP: ReadonlySet<string> = new Set(['KafkaJSNumberOfRetriesExceeded']);

/** MongoDB's error labels, which the driver and server set on errors. The first that is present decides. */
export const LABELS: readonly (readonly [label: string, hint: Hint])[] = [
  [
    'UnknownTransactionCommitResult',
    {
      rule: 'mongodb/UnknownTransactionCommitResult',
      domain: 'mongodb',
      retryable: true,
      outcome: 'unknown',
      unit: 'commit',
    },
  ],
  [
    'TransientTransactionError',
    {
      rule: 'mongodb/TransientTransactionError',
      domain: 'mongodb',
      retryable: true,
      outcome: 'rolled-back',
      unit: 'transaction',
    },
  ],
  [
    'NoWritesPerformed',
    { rule: 'mongodb/NoWritesPerformed', domain: 'mongodb', retryable: true, outcome: 'not-applied' },
  ],
  ['RetryableWriteError', { rule: 'mongodb/RetryableWriteError', domain: 'mongodb', retryable: true }],
  ['RetryableError', { rule: 'mongodb/RetryableError', domain: 'mongodb', retryable: true }],
];

/** The explicit hint an error carries, or `undefined`. `status` is its HTTP status where known. Never throws. */
export function readHint(value: unknown, name: string | undefined, status: number | undefined): Hint | undefined {
  const aws = readProperty(value, '$retryable');
  if (typeof aws === 'object' && aws !== null)
    return { rule: 'aws/$retryable', domain: 'aws', retryable: true, outcome: 'not-applied' };
  const labels = readList(value, 'errorLabels', 20)?.items;
  if (labels !== undefined) {
    for (const [label, hint] of LABELS) if (labels.includes(label)) return hint;
  }
  const pushback = readPushback(value);
  if (pushback !== undefined) return pushback;
  for (const [property, domain] of HINT_PROPERTIES) {
    const flag = readProperty(value, property);
    if (typeof flag !== 'boolean' || (name !== undefined && GAVE_UP.has(name))) continue;
    // Who says that it may be repeated may say when: the policies of `@breakwater/resilience` do.
    const wait = flag ? readNumber(value, 'retryAfterMs') : undefined;
    return {
      rule: `${domain}/${property}`,
      domain,
      retryable: flag,
      ...(wait !== undefined && wait >= 0 ? { retryAfterMs: bounded(wait) } : {}),
    };
  }
  if (status === undefined) return undefined;
  const headers = headersOf(value);
  if (headers === undefined) return undefined;
  for (const [header, domain] of HINT_HEADERS) {
    const text = readHeader(headers, header);
    if (text === 'true' || text === 'false') return { rule: `${domain}/${header}`, domain, retryable: text === 'true' };
  }
  return undefined;
}

// gRPC A6: a number of milliseconds asks for a retry after it, a negative or unreadable value forbids one.
function readPushback(value: unknown): Hint | undefined {
  const metadata = readProperty(value, 'metadata');
  const get = readProperty(metadata, 'get');
  if (typeof get !== 'function' || typeof readProperty(value, 'code') !== 'number') return undefined;
  let found: unknown;
  try {
    found = get.call(metadata, 'grpc-retry-pushback-ms');
    if (Array.isArray(found)) found = found[0];
  } catch {
    // A metadata object that cannot be read carries no hint.
    found = undefined;
  }
  if (typeof found !== 'string') return undefined;
  const rule = 'grpc/retry-pushback';
  return /^\d{1,10}$/.test(found)
    ? { rule, domain: 'grpc', retryable: true, retryAfterMs: Number(found) }
    : { rule, domain: 'grpc', retryable: false };
}
