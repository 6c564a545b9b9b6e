import { createRedactor, type Redactor } from '@breakwater/redact';
import { ERROR_BRAND } from './brand.ts';
import { checkOptions, flag, type Rule, record, whole } from './options.ts';
import { isNativeError, readList, readNumber, readProperty, readString } from './read.ts';
import type { ErrorRecord } from './record.ts';

/** Options of `serialise`. */
export interface SerialiseOptions {
  /** How many causes deep. Default 5. */
  readonly maxDepth?: number;
  /** How many members of a group, per group and in total. Default 10. */
  readonly maxErrors?: number;
  /** Largest size of the record as JSON, in bytes; at least 512. Default 16 384. */
  readonly maxBytes?: number;
  /** With stacks? Default true. */
  readonly stack?: boolean;
  /** Masks secrets. Default: the standard redactor of `@breakwater/redact`. */
  readonly redactor?: Redactor;
}

const MAX_MESSAGE = 2000;
const MAX_READ = 65_536;
const MAX_STACK_LINES = 24;
const MAX_FACT = 200;
const WORD = /^[\w.$:@/ -]{1,100}$/;

/** Facts of foreign errors that are kept. What is not listed is not written: it may hold requests, rows or keys. */
export const KNOWN_FACTS: readonly string[] = [
  'errno',
  'syscall',
  'address',
  'port',
  'hostname',
  'path',
  'dest',
  'signal',
  'exitCode',
  'killed',
  'event',
  'type',
  'reason',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'sqlState',
  'number',
  'state',
  'lineNumber',
  'errcode',
  'errstr',
  'codeName',
  'clientVersion',
  'errorCode',
  'apiId',
  'retriable',
  'decline_code',
  'param',
  'requestId',
  'request_id',
  'requestID',
  'claim',
  'statusCode',
];

const OWN_TEXT = ['correlationId', 'service', 'operation', 'nextStep', 'docs', 'outcome', 'category'] as const;
const OWN_NUMBERS = ['status', 'timeMs', 'durationMs', 'retryAfterMs'] as const;
const OWN_DATA = ['params', 'details', 'fields'] as const;

interface Work {
  readonly maxDepth: number;
  readonly maxErrors: number;
  readonly stack: boolean;
  readonly redactor: Redactor;
  readonly seen: unknown[];
  errors: number;
}

type Mutable = { -readonly [K in keyof ErrorRecord]: ErrorRecord[K] };

const OPTIONS: Readonly<Record<keyof SerialiseOptions, Rule>> = {
  maxDepth: whole(0),
  maxErrors: whole(0),
  maxBytes: whole(512),
  stack: flag,
  redactor: record,
};

let standard: Redactor | undefined;

/**
 * Anything that was thrown, as plain data: redacted, bounded, JSON-safe. Never throws. Reads only what it knows to be
 * harmless, so the request an HTTP client hangs on its error is not written. Throws `OptionError` for a wrong option.
 */
export function serialise(thrown: unknown, options: SerialiseOptions = {}): ErrorRecord {
  checkOptions('serialise', options, OPTIONS);
  standard ??= createRedactor({});
  const work: Work = {
    maxDepth: options.maxDepth ?? 5,
    maxErrors: options.maxErrors ?? 10,
    stack: options.stack ?? true,
    redactor: options.redactor ?? standard,
    seen: [],
    errors: 0,
  };
  return fit(toRecord(work, thrown, 0), options.maxBytes ?? 16_384);
}

function toRecord(work: Work, thrown: unknown, depth: number): Mutable {
  if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) {
    return { name: 'NotAnError', message: clean(work, describe(thrown), MAX_MESSAGE) };
  }
  if (work.seen.includes(thrown)) return { name: 'Circular', message: 'written above' };
  work.seen.push(thrown);
  const message = readString(thrown, 'message');
  const record: Mutable = {
    name: nameOf(work, thrown),
    message: message === undefined ? 'no message' : clean(work, message, MAX_MESSAGE),
  };
  const code = readProperty(thrown, 'code');
  if (typeof code === 'number' && Number.isFinite(code)) record.code = String(code);
  else if (typeof code === 'string' && WORD.test(code)) record.code = clean(work, code, 64);
  if (readProperty(thrown, ERROR_BRAND) === true) addOwn(work, record, thrown);
  else addFacts(work, record, thrown);
  if (work.stack) addStack(work, record, thrown);
  addWrapped(work, record, thrown, depth);
  return record;
}

function nameOf(work: Work, thrown: object): string {
  const name = readString(thrown, 'name') ?? readString(readProperty(thrown, 'constructor'), 'name');
  if (name === undefined || !WORD.test(name)) return isNativeError(thrown) ? 'Error' : 'NotAnError';
  return clean(work, name, 100);
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (typeof thrown === 'symbol') return 'a symbol';
  return String(thrown);
}

// Redacted first and cut afterwards: half a secret would no longer be recognised.
function clean(work: Work, text: string, max: number): string {
  const safe = work.redactor.string(text.slice(0, MAX_READ));
  return safe.length > max ? `${safe.slice(0, max - 1)}…` : safe;
}

function addOwn(work: Work, record: Mutable, thrown: object): void {
  const out = record as Record<string, unknown>;
  for (const key of OWN_TEXT) {
    const value = readString(thrown, key);
    if (value !== undefined) out[key] = clean(work, value, 500);
  }
  for (const key of OWN_NUMBERS) {
    const value = readNumber(thrown, key);
    if (value !== undefined) out[key] = value;
  }
  const retryable = readProperty(thrown, 'retryable');
  if (typeof retryable === 'boolean') out['retryable'] = retryable;
  for (const key of OWN_DATA) {
    const value = readProperty(thrown, key);
    if (typeof value !== 'object' || value === null || (key === 'params' && Object.keys(value).length === 0)) continue;
    out[key] = toData(work.redactor.redact(value));
  }
}

// Redaction leaves Map, Set, Date and bigint, which JSON does not keep as they are.
function toData(value: unknown): unknown {
  let data: unknown;
  try {
    data = JSON.parse(
      JSON.stringify(value, (_key, inner: unknown) => {
        if (typeof inner === 'bigint') return `${inner}n`;
        if (inner instanceof Map) return Object.fromEntries(inner);
        if (inner instanceof Set) return [...inner];
        return inner;
      }) ?? 'null',
    );
  } catch {
    // What even the redacted copy cannot turn into JSON is named, not lost silently.
    data = '[not JSON]';
  }
  return data;
}

function addFacts(work: Work, record: Mutable, thrown: object): void {
  const facts: Record<string, string | number | boolean> = {};
  for (const key of KNOWN_FACTS) {
    const value = readProperty(thrown, key);
    if (value === undefined || (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean'))
      continue;
    const safe = work.redactor.field(key, typeof value === 'string' ? value.slice(0, MAX_READ) : value);
    if (typeof safe === 'string') facts[key] = safe.length > MAX_FACT ? `${safe.slice(0, MAX_FACT - 1)}…` : safe;
    else if ((typeof safe === 'number' && Number.isFinite(safe)) || typeof safe === 'boolean') facts[key] = safe;
  }
  if (Object.keys(facts).length > 0) record.facts = facts;
}

function addStack(work: Work, record: Mutable, thrown: object): void {
  const stack = readString(thrown, 'stack');
  if (stack === undefined) return;
  const lines = stack.slice(0, MAX_READ).split('\n');
  // The head repeats name and message; both are in the record, already cleaned.
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  if (first === -1) return;
  const frames = lines.slice(first, first + MAX_STACK_LINES).map((line) => line.slice(0, 300));
  // Line by line, so that a redactor that escapes line breaks leaves the stack readable.
  record.stack = frames.map((line) => work.redactor.string(line)).join('\n');
}

function addWrapped(work: Work, record: Mutable, thrown: object, depth: number): void {
  const cause = readProperty(thrown, 'cause');
  if (cause !== undefined) {
    if (depth < work.maxDepth) record.cause = toRecord(work, cause, depth + 1);
    else record.truncated = ['cause'];
  }
  addRelated(work, record, thrown, depth);
  const errors = readList(thrown, 'errors', work.maxErrors * 4);
  if (errors === undefined) return;
  const records: ErrorRecord[] = [];
  for (const member of errors.items) {
    if (work.errors >= work.maxErrors || depth >= work.maxDepth) break;
    // What is not an error there is a validator's or ORM's item, with the value it refused.
    if (typeof member === 'object' && member !== null && !isError(member)) continue;
    work.errors++;
    records.push(toRecord(work, member, depth + 1));
  }
  if (records.length > 0) record.errors = records;
  if (records.length < errors.length) omit(record, errors.length - records.length);
}

/** An error under whatever name is no request, row or key. */
function addRelated(work: Work, record: Mutable, thrown: object, depth: number): void {
  const related: [string, ErrorRecord][] = [];
  for (const [name, value] of otherValues(thrown)) {
    // What has been written above has been written.
    if (!isError(value) || work.seen.includes(value)) continue;
    if (work.errors >= work.maxErrors || depth >= work.maxDepth || !WORD.test(name)) {
      omit(record, 1);
      continue;
    }
    work.errors++;
    related.push([name, toRecord(work, value, depth + 1)]);
  }
  if (related.length > 0) record.related = Object.fromEntries(related);
}

function omit(record: Mutable, count: number): void {
  record.omittedErrors = (record.omittedErrors ?? 0) + count;
}

/** Also one behind a proxy, which is no native error. */
function isError(value: unknown): value is object {
  if (isNativeError(value) || readProperty(value, ERROR_BRAND) === true) return true;
  let is: boolean;
  try {
    is = value instanceof Error;
  } catch {
    // A proxy whose trap throws.
    is = false;
  }
  return is;
}

/** Objects that an error holds under names of its own. By descriptors: no accessor of a foreign error is called. */
function otherValues(thrown: object): readonly (readonly [string, object])[] {
  let found: [string, object][] = [];
  try {
    for (const name of Object.getOwnPropertyNames(thrown)) {
      if (OWN_PARTS.has(name)) continue;
      const value: unknown = Object.getOwnPropertyDescriptor(thrown, name)?.value;
      if (typeof value === 'object' && value !== null) found.push([name, value]);
    }
  } catch {
    // A proxy whose trap throws: nothing of it can be listed.
    found = [];
  }
  return found;
}

const OWN_PARTS = new Set(['name', 'message', 'stack', 'cause', 'errors']);
const encoder = new TextEncoder();

function sizeOf(record: ErrorRecord): number {
  return encoder.encode(JSON.stringify(record)).length;
}

/** Drops the least needed until the record fits: stacks of causes, group members, details, own stack, causes, text. */
function fit(record: Mutable, maxBytes: number): ErrorRecord {
  if (sizeOf(record) <= maxBytes) return record;
  const dropped: string[] = [...(record.truncated ?? [])];
  const steps: readonly (readonly [what: string, drop: () => void])[] = [
    ['cause.stack', () => withoutStacks(record)],
    [
      'errors',
      () => {
        omit(record, (record.errors?.length ?? 0) + Object.keys(record.related ?? {}).length);
        delete record.errors;
        delete record.related;
      },
    ],
    [
      'details',
      () => {
        delete record.details;
        delete record.fields;
      },
    ],
    ['params', () => delete record.params],
    ['stack', () => delete record.stack],
    ['cause', () => delete record.cause],
    ['facts', () => delete record.facts],
    [
      'message',
      () => {
        record.message = record.message.slice(0, 60);
      },
    ],
    [
      'context',
      () => {
        for (const key of ['correlationId', 'service', 'operation', 'nextStep', 'docs', 'code'] as const)
          delete record[key];
        record.name = record.name.slice(0, 30);
      },
    ],
  ];
  for (const [what, drop] of steps) {
    drop();
    dropped.push(what);
    record.truncated = dropped;
    if (sizeOf(record) <= maxBytes) break;
  }
  return record;
}

function withoutStacks(record: ErrorRecord): void {
  for (const inner of [record.cause, ...(record.errors ?? []), ...Object.values(record.related ?? {})]) {
    if (inner === undefined) continue;
    delete (inner as Mutable).stack;
    withoutStacks(inner);
  }
}
