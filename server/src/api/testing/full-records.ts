/** Records that use every field and every type of attribute, and what the API should make of them. */
import { toAnyValueJson } from '../../telemetry/any-value-json.ts';
import type { Attributes, AttributeValue, Resource, Scope } from '../../telemetry/records.ts';
import type { KeyValue, ResourceView, ScopeView } from '../types.ts';

export const ATTRIBUTES: Attributes = new Map<string, AttributeValue>([
  ['text', 'a "quoted" value\n\nDROP TABLE logs'],
  ['empty', ''],
  ['int.max', 2n ** 63n - 1n],
  ['int.min', -(2n ** 63n)],
  ['exact', 9007199254740993n],
  ['double', 0.1],
  ['tiny', 5e-324],
  ['nan', Number.NaN],
  ['inf', Number.NEGATIVE_INFINITY],
  ['yes', true],
  ['no', false],
  ['bytes', new Uint8Array([0, 255, 10, 10])],
  ['list', ['a', 1n, [null]]],
  ['map', new Map([['__proto__', 'x']])],
  ['unset', null],
  ['__proto__', 'kept'],
  ['ключ', 'Zürich 東京 🚢'],
]);
export const RESOURCE: Resource = {
  attributes: new Map([...ATTRIBUTES, ['service.name', 'shop']]),
  droppedAttributesCount: 3,
  schemaUrl: 'https://example.org/resource',
  serviceName: 'shop',
  environment: 'test',
};
export const SCOPE: Scope = {
  name: 'scope',
  version: '1.2',
  attributes: ATTRIBUTES,
  droppedAttributesCount: 4,
  schemaUrl: 'https://example.org/scope',
};
export const TRACE = '0af7651916cd43dd8448eb211c80319c';

/** The OTLP/JSON form, sorted by key. */
export function sorted(attributes: Attributes): KeyValue[] {
  const pairs = [...attributes].map(([key, value]) => ({ key, value: toAnyValueJson(value) }));
  return pairs.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

export function resourceOf(resource: Resource): ResourceView {
  const { serviceName: service, environment, droppedAttributesCount, schemaUrl } = resource;
  return { service, environment, attributes: sorted(resource.attributes), droppedAttributesCount, schemaUrl };
}
export function scopeOf(scope: Scope): ScopeView {
  return { ...scope, attributes: sorted(scope.attributes) };
}

/** As JSON carries it: -0 becomes 0. */
export function overJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
