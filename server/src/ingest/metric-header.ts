import type { AggregationTemporality, Exemplar, MetricPointBase } from '../telemetry/records.ts';
import { type Draft, NO_ATTRIBUTES } from './record-parts.ts';

/** What all points of one metric have in common. */
export interface MetricHeader
  extends Pick<MetricPointBase, 'resource' | 'scope' | 'name' | 'description' | 'unit' | 'metadata'> {
  readonly temporality: AggregationTemporality;
  readonly monotonic: boolean;
}

const NO_EXEMPLARS: Exemplar[] = [];

/** The part every point has, with nothing of its own yet. */
export function newPoint(header: MetricHeader): Draft<MetricPointBase> {
  return {
    id: 0n,
    resource: header.resource,
    scope: header.scope,
    name: header.name,
    description: header.description,
    unit: header.unit,
    metadata: header.metadata,
    attributes: NO_ATTRIBUTES,
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    exemplars: NO_EXEMPLARS,
  };
}

export function addExemplar(point: Draft<MetricPointBase>, exemplar: Exemplar): void {
  if (point.exemplars === NO_EXEMPLARS) point.exemplars = [];
  (point.exemplars as Exemplar[]).push(exemplar);
}
