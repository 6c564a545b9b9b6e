export {
  type CorrelationIds,
  type IdSource,
  isSafeId,
  parseTraceparent,
  readCorrelation,
  toTraceparent,
} from './correlation.ts';
export { createEdge, type Edge, type EdgeOptions, type Guard } from './edge.ts';
export type { Ending, Exchange } from './exchange.ts';
export { type Answer, type EdgeRequest, fromNodeRequest, jsonAnswer, type NodeRequest } from './message.ts';
