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
  /** Something in the plan can give up on an attempt, so its signal cannot be the caller's own. */
  readonly cuts: boolean;
  /** When an attempt is given up, its signal is aborted and its work awaited: nothing is left running behind the caller. */
  readonly cooperative: boolean;
  /** The gate that uses the call itself as its timer: the first with a time limit. */
  readonly limit: { onLimit(call: Call): void } | undefined;
  /** One for each gate. */
  readonly lanes: readonly Lane[];
  /** Index of the gate whose token is kept in the call itself: the first whose lane gives one. */
  readonly tokenAt: number;
}

/** Builds a {@link Plan}. */
export function toPlan(parts: Fusible & { readonly name: string; readonly clock: Clock }): Plan {
  const { name, clock, gates = [], repeater, cuts = false, cooperative = false } = parts;
  const limit = gates.find((gate) => gate.onLimit !== undefined);
  // A second time limit cannot use the call as its timer.
  const lanes = gates.map(
    (gate) => (gate.onLimit !== undefined && gate !== limit ? undefined : gate.lane) ?? new Lane(),
  );
  const tokenAt = lanes.findIndex((lane) => lane.token !== undefined);
  return {
    name,
    clock,
    timers: timersOf(clock),
    gates,
    lanes,
    repeater,
    cuts,
    cooperative,
    limit: limit as Plan['limit'],
    tokenAt,
  };
}
