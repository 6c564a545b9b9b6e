import { type FaultName, isFaultName } from './catalogue.ts';

/** The faults active in this process. The launcher tells each service process by message; see `control.ts`. */
const active = new Set<FaultName>();

export function isFaultActive(name: FaultName): boolean {
  return active.has(name);
}

export function setActiveFaults(names: readonly unknown[]): void {
  active.clear();
  for (const name of names) if (isFaultName(name)) active.add(name);
}
