import type { Call } from './call.ts';
import type { Clock } from './clock.ts';
import { type Fusible, type Gate, Lane, type Repeater } from './policy.ts';
import { type Timers, timersOf } from './timers.ts';

/** What happens to a call: the parts of a fused pipeline. Shared by all its calls. */
export interface Plan {
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly gates: readonly Gate[];
  readonly repeater: Repeater | undefined;
  /** The gate that uses the call itself as its timer: the first with a time limit. */
  readonly limit: { onLimit(call: Call): void } | undefined;
  /** One for each gate. */
  readonly lanes: readonly Lane[];
}

/** Builds a {@link Plan}. */
export function toPlan(parts: Fusible & { readonly name: string; readonly clock: Clock }): Plan {
  const { name, clock, gates = [], repeater } = parts;
  const limit = gates.find((gate) => gate.onLimit) as Plan['limit'];
  // A second time limit cannot use the call as its timer: it is asked.
  const lanes = gates.map((gate) => (gate.onLimit && gate !== limit ? undefined : gate.lane) ?? new Lane());
  return { name, clock, timers: timersOf(clock), gates, lanes, repeater, limit };
}
