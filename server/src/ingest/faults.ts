import type { StatusAnswer } from '../api/types.ts';
import { INGEST_LIMITS } from './limits.ts';

export type Fault = StatusAnswer['ingest']['faults'][number];

/** The last requests that were refused, partly rejected or read with a warning. */
export interface FaultList {
  add(fault: Fault): void;
  /** Newest first. */
  list(): Fault[];
}

const MAX_PATH_LENGTH = 200;

/** A fault equal to one that is remembered moves to the front, so a client that keeps trying does not push out the others. */
export function createFaultList(): FaultList {
  let faults: Fault[] = [];
  return {
    add(fault) {
      const path = fault.path.slice(0, MAX_PATH_LENGTH);
      const others = faults.filter(
        (known) => known.path !== path || known.status !== fault.status || known.reason !== fault.reason,
      );
      faults = [{ ...fault, path }, ...others].slice(0, INGEST_LIMITS.maxFaults);
    },
    list: () => faults.map((fault) => ({ ...fault })),
  };
}
