import { FAULTS } from './catalogue.ts';
import type { FaultControl } from './control.ts';

/** First fault this long after the start, so that healthy traffic is seen first. */
export const FIRST_FAULT_AFTER_MS = 15_000;
/** Long enough for the default alert rules to fire, short enough that they resolve within two minutes of the start. */
export const FAULT_LASTS_MS = 20_000;
export const NEXT_FAULT_AFTER_MS = 600_000;

/** Starts one fault after another by itself, in the order of the catalogue. The returned function stops that. */
export function startFaultSchedule(control: FaultControl, onStart: (title: string) => void): () => void {
  let next = 0;
  let timer = setTimeout(run, FIRST_FAULT_AFTER_MS);
  function run(): void {
    const fault = FAULTS[next % FAULTS.length]!;
    next += 1;
    control.set(fault.name, true, FAULT_LASTS_MS);
    onStart(fault.title);
    timer = setTimeout(run, NEXT_FAULT_AFTER_MS);
  }
  return () => clearTimeout(timer);
}
