import type { Engine, RuleRef } from './engine.ts';
import type { PathState } from './path.ts';
import { BUDGET_MARKER, markerEnd } from './text/marker.ts';
import { redactText } from './text/redact-text.ts';
import type { Finding } from './types.ts';

/** What stands in for a value that is its own ancestor. */
export const CIRCULAR = '[Circular]';
/** What stands in for a value that cannot be read: a revoked proxy, a getter that throws. */
export const UNREADABLE = '[Unreadable]';
/** Returned for a value whose action is `drop`. */
export const DROP: unique symbol = Symbol('drop');

/** One call: its budgets, what it has seen, and what it reports. */
export interface Walk {
  readonly engine: Engine;
  readonly visit: Visit;
  bytes: number;
  nodes: number;
  /** Finished copies by original, with the path state they were made under. */
  readonly seen: Map<object, { readonly state: PathState | undefined; readonly name: string; readonly copy: unknown }>;
  readonly ancestors: Set<object>;
  readonly findings: Finding[] | undefined;
  readonly path: (string | number)[];
  /** How often a redacted property name has been met. */
  readonly collisions: Map<string, number>;
}

/** The walk's own functions, passed along so that the files of the walk need not import each other in a circle. */
export interface Visit {
  value(walk: Walk, value: unknown, state: PathState | undefined, name: string): unknown;
  named(walk: Walk, name: string, value: unknown, parent: PathState | undefined, keyName?: string): unknown;
  array(walk: Walk, value: readonly unknown[], state: PathState | undefined, name: string, isList?: boolean): unknown[];
}

export function isSpent(walk: Walk): boolean {
  return walk.bytes <= 0 || walk.nodes <= 0;
}

/** What stands in for a value without text. It costs nothing, so that a second pass has no less to spend. */
export const STAND_INS: Readonly<
  Record<'function' | 'symbol' | 'promise' | 'weak' | 'circular' | 'unreadable', string>
> = {
  function: '[Function]',
  symbol: '[Symbol]',
  promise: '[Promise]',
  weak: '[Weak]',
  circular: CIRCULAR,
  unreadable: UNREADABLE,
};

const standIns: ReadonlySet<string> = new Set(Object.values(STAND_INS));

/** `[Binary 12 bytes]` */
export function binaryStandIn(bytes: number): string {
  return `[Binary ${bytes} bytes]`;
}

function isStandIn(text: string): boolean {
  if (text.charCodeAt(0) !== 91 || text.length > 32) return false;
  return standIns.has(text) || text === binaryStandIn(Number.parseInt(text.slice(8), 10));
}

/** Text, with line breaks as the redactor was told or, for stack traces, kept. */
export function redactString(walk: Walk, text: string, keepLineBreaks: boolean = walk.engine.keepLineBreaks): string {
  if (text.length === 0 || markerEnd(text, 0) === text.length || isStandIn(text)) return text;
  if (walk.bytes <= 0) return BUDGET_MARKER;
  const { findings } = walk;
  const onHit =
    findings && ((ref: RuleRef, at: number, encoding: Finding['encoding']) => report(walk, ref, at, encoding));
  const result = redactText(walk.engine, text, walk.bytes, keepLineBreaks, onHit);
  walk.bytes -= Math.max(Buffer.byteLength(text), result === text ? 0 : Buffer.byteLength(result));
  return result;
}

export function report(walk: Walk, ref: RuleRef, at: number, encoding: Finding['encoding']): void {
  walk.findings?.push({
    path: pathOf(walk),
    at,
    detector: ref.detector,
    rule: ref.rule,
    action: ref.action,
    ...(encoding === undefined ? {} : { encoding }),
  });
}

function pathOf(walk: Walk): string {
  let result = '';
  for (const step of walk.path) result += typeof step === 'number' ? `[${step}]` : result === '' ? step : `.${step}`;
  return result;
}
