import { toKeyValues } from '../telemetry/any-value-json.ts';
import type { Attributes, Resource, Scope } from '../telemetry/records.ts';
import type { AnyValue, KeyValue, ResourceView, ScopeView } from './types.ts';

/** The five maps of typed attributes, as the store answers them. 64-bit integers are decimal strings. */
export type AttributeMaps<P extends string> = {
  readonly [K in `${P}_string` | `${P}_int` | `${P}_other`]: Readonly<Record<string, string>>;
} & {
  readonly [K in `${P}_double`]: Readonly<Record<string, number | string>>;
} & {
  readonly [K in `${P}_bool`]: Readonly<Record<string, boolean>>;
};

/** Columns shared by all signals. */
export interface OriginRow extends AttributeMaps<'resource'> {
  readonly service: string;
  readonly environment: string;
  readonly resource_dropped_attributes_count: number;
  readonly resource_schema_url: string;
  readonly scope_name: string;
  readonly scope_version: string;
  readonly scope_attrs: Readonly<Record<string, string>>;
  readonly scope_dropped_attributes_count: number;
  readonly scope_schema_url: string;
}

export const ATTRIBUTE_COLUMNS = 'attrs_string, attrs_int, attrs_double, attrs_bool, attrs_other';
export const ORIGIN_COLUMNS = `service, environment,
  resource_string, resource_int, resource_double, resource_bool, resource_other,
  resource_dropped_attributes_count, resource_schema_url,
  scope_name, scope_version, scope_attrs, scope_dropped_attributes_count, scope_schema_url`;

/** The attributes of a row, sorted by key: the store does not keep their order. */
export function keyValuesOf<P extends string>(row: AttributeMaps<P>, prefix: P): KeyValue[] {
  const maps = row as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const pairs: KeyValue[] = [];
  const add = (type: string, toValue: (value: unknown) => AnyValue): void => {
    for (const [key, value] of Object.entries(maps[`${prefix}_${type}`] ?? {})) {
      pairs.push({ key, value: toValue(value) });
    }
  };
  add('string', (value) => ({ stringValue: value as string }));
  add('int', (value) => ({ intValue: value as string }));
  add('double', (value) => ({ doubleValue: doubleOf(value as number | string) }));
  add('bool', (value) => ({ boolValue: value as boolean }));
  add('other', (value) => JSON.parse(value as string) as AnyValue);
  return pairs.toSorted(byKey);
}

/** Attributes kept as a map from key to the OTLP/JSON text of the value. */
export function keyValuesOfJson(map: Readonly<Record<string, string>>): KeyValue[] {
  return Object.entries(map)
    .map(([key, text]) => ({ key, value: JSON.parse(text) as AnyValue }))
    .toSorted(byKey);
}

/** As the store gives them back, from a record that is in memory. */
export function keyValuesOfRecord(attributes: Attributes): KeyValue[] {
  return toKeyValues(attributes).toSorted(byKey);
}

const DENORMALS: Readonly<Record<string, 'NaN' | 'Infinity' | '-Infinity'>> = {
  nan: 'NaN',
  '-nan': 'NaN',
  inf: 'Infinity',
  '-inf': '-Infinity',
};

/** A double of the store: those JSON has no number for come as text. */
export function doubleOf(value: number | string): number | 'NaN' | 'Infinity' | '-Infinity' {
  return typeof value === 'number' ? value : (DENORMALS[value] ?? Number(value));
}

export function resourceView(row: OriginRow): ResourceView {
  return {
    service: row.service,
    environment: row.environment,
    attributes: keyValuesOf(row, 'resource'),
    droppedAttributesCount: row.resource_dropped_attributes_count,
    schemaUrl: row.resource_schema_url,
  };
}

export function scopeView(row: OriginRow): ScopeView {
  return {
    name: row.scope_name,
    version: row.scope_version,
    attributes: keyValuesOfJson(row.scope_attrs),
    droppedAttributesCount: row.scope_dropped_attributes_count,
    schemaUrl: row.scope_schema_url,
  };
}

export function resourceViewOfRecord(resource: Resource): ResourceView {
  return {
    service: resource.serviceName,
    environment: resource.environment,
    attributes: keyValuesOfRecord(resource.attributes),
    droppedAttributesCount: resource.droppedAttributesCount,
    schemaUrl: resource.schemaUrl,
  };
}

export function scopeViewOfRecord(scope: Scope): ScopeView {
  return {
    name: scope.name,
    version: scope.version,
    attributes: keyValuesOfRecord(scope.attributes),
    droppedAttributesCount: scope.droppedAttributesCount,
    schemaUrl: scope.schemaUrl,
  };
}

/** A trace or span id from its hexadecimal digits; '' where all are zero, which stands for an absent one. */
export function idOf(hex: string): string {
  return /^0+$/.test(hex) ? '' : hex;
}

function byKey(a: KeyValue, b: KeyValue): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
