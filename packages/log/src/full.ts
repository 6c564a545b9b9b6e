export { type DropPolicy, dropLowest, dropOldest } from './sinks/drop.ts';
export type { Backlog, FullPolicy } from './sinks/full-policy.ts';
export { type SpillOptions, spill } from './sinks/spill.ts';
