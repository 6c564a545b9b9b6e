// `@breakwater/resilience/worker`: a bulkhead for CPU-bound work.

export {
  createWorkerBulkhead,
  type WorkerBulkhead,
  type WorkerBulkheadOptions,
  WorkerCrashedError,
  type WorkerMemory,
} from './bulkhead/worker.ts';
