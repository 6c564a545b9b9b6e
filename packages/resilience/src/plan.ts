import { KEPT } from './attempt.ts';
import type { Clock } from './clock.ts';
import { type Fusible, type Gate, Lane, type Repeater } from './policy.ts';
import { type Timers, timersOf } from './timers.ts';

/** What happens to a call: the parts of a fused pipeline. Shared by all its calls. */
export interface Plan {
  readonly name: string;
  readonly timers: Timers;
  readonly gates: readonly Gate[];
  readonly repeater: Repeater | undefined;
  /** The first gate with a time limit. It uses the call itself as its timer, as the others do where they end sooner. */
  readonly limit: Gate | undefined;
  /** One for each gate. */
  readonly lanes: readonly Lane[];
  /** @internal */
  readonly kept: unknown;
}

/** Builds a {@link Plan}. */
export function toPlan(parts: Fusible & { readonly name: string; readonly clock: Clock }): Plan {
  const { name, clock, gates = [], repeater } = parts;
  const limit = gates.find((gate) => gate.onLimit);
  // A second time limit is asked: it must see whether the first leaves it anything.
  const lanes = gates.map((gate) => (gate.onLimit && gate !== limit ? undefined : gate.lane) ?? new Lane());
  return { name, timers: timersOf(clock), gates, lanes, repeater, limit, kept: KEPT };
}
