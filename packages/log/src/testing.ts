export { expectLogs, type LogExpectation, type LogMatch } from './expect-logs.ts';
export { type MemoryOptions, type MemorySink, memorySink } from './sinks/memory.ts';
