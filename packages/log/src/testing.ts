export { expectLogs, type LogExpectation, type LogMatch } from './expect-logs.ts';
export { type MemorySink, memorySink } from './sinks/memory.ts';
