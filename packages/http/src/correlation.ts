import { randomFillSync, randomUUID } from 'node:crypto';
import { readTraceState } from './trace-state.ts';

/** The ids of one request. */
export interface CorrelationIds {
  /** One per user-visible request, the same in every service it passes. */
  readonly correlationId: string;
  /** One per hop. */
  readonly requestId: string;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: this hop. */
  readonly spanId: string;
  /** W3C trace flags; 1 is "sampled". */
  readonly traceFlags: number;
  /** What the vendors on the way have added (W3C `tracestate`); only beside a `traceparent` that holds. */
  readonly traceState?: string | undefined;
}

/** Where new ids come from. */
export interface IdSource {
  /** A new correlation or request id. Default `randomUUID`. */
  readonly newId: () => string;
  /** `bytes` random bytes as hexadecimal digits. Default: from a pool that the system's generator fills. */
  readonly newHex: (bytes: number) => string;
}

const pool = Buffer.alloc(4096);
let used = pool.length;

// A call of the generator costs 1 µs, whether it is for 8 bytes or for some thousand.
function pooledHex(bytes: number): string {
  if (bytes > pool.length) return randomFillSync(Buffer.alloc(bytes)).toString('hex');
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('hex', used, used + bytes);
  used += bytes;
  return text;
}

export const systemIds: IdSource = { newId: randomUUID, newHex: pooledHex };

const ID = /^[\w.:-]{1,128}$/;
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.{0,256})?$/;
const ZEROS = /^0+$/;

/** True for an id that may go into header fields, logs and problem documents as it is: 1 to 128 of `A-Z a-z 0-9 _ . : -`. */
export function isSafeId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** The parts of a `traceparent` field (W3C Trace Context, level 1; of later versions what level 1 knows), or `undefined`. */
export function parseTraceparent(
  value: string | undefined,
): { readonly traceId: string; readonly parentId: string; readonly flags: number } | undefined {
  const parts = value === undefined ? null : TRACEPARENT.exec(value);
  if (parts === null) return undefined;
  const [, version, traceId, parentId, flags, rest] = parts;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ZEROS.test(traceId!) || ZEROS.test(parentId!)) return undefined;
  return { traceId: traceId!, parentId: parentId!, flags: Number.parseInt(flags!, 16) & 1 };
}

/** The `traceparent` field of this hop. */
export function toTraceparent(ids: Pick<CorrelationIds, 'traceId' | 'spanId' | 'traceFlags'>): string {
  return `00-${ids.traceId}-${ids.spanId}-${ids.traceFlags === 0 ? '00' : '01'}`;
}

/**
 * The ids a request came with, and new ones for those that are absent or not safe: a field sent twice, too long, or with
 * other characters counts as absent. A new trace is sampled, as OpenTelemetry's default is. Never throws.
 */
export function readCorrelation(
  header: (name: string) => string | undefined,
  source: IdSource = systemIds,
): CorrelationIds {
  const correlationId = header('x-correlation-id');
  const requestId = header('x-request-id');
  const trace = parseTraceparent(header('traceparent'));
  return {
    correlationId: isSafeId(correlationId) ? correlationId : source.newId(),
    requestId: isSafeId(requestId) ? requestId : source.newId(),
    traceId: trace?.traceId ?? source.newHex(16),
    spanId: source.newHex(8),
    traceFlags: trace?.flags ?? 1,
    traceState: trace === undefined ? undefined : readTraceState(header('tracestate')),
  };
}
