/** A value in a record's attributes: JSON, with integers of 64 bits exact. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [name: string]: AttributeValue };

/** One record of the OpenTelemetry log data model: what a line says, as data. */
export interface LogRecord {
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  /** When a record that another API made was first seen, where that is another time. */
  readonly observedTimestamp?: string;
  readonly severityText: string;
  readonly severityNumber: number;
  readonly body: string;
  readonly eventName?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly traceFlags?: number;
  readonly resource: Readonly<Record<string, AttributeValue>>;
  /** Name of the logger that wrote it. */
  readonly scope?: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const LONG_INTEGER = /[[:,]-?\d{16,}[,\]}]/;

interface Context {
  readonly source?: string;
}

/**
 * Reads a line back. Integers beyond 2^53 come back as `bigint` where 64 bits hold them; a larger one is a number, as it was
 * when it was said. Throws `SyntaxError` for what is no line of this package.
 */
export function toRecord(line: string): LogRecord {
  if (!LONG_INTEGER.test(line)) return JSON.parse(line) as LogRecord;
  return JSON.parse(line, revive as (key: string, value: unknown) => unknown) as LogRecord;
}

function revive(_key: string, value: unknown, context?: Context): unknown {
  const source = context?.source ?? '';
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(source)) return value;
  const integer = BigInt(source);
  return fits64(integer) ? integer : value;
}

/** Whether an integer of 64 bits with a sign can be this one: OTLP has no other. */
export function fits64(integer: bigint): boolean {
  return BigInt.asIntN(64, integer) === integer;
}
