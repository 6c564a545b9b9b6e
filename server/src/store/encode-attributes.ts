import { toAnyValueJson } from '../telemetry/any-value-json.ts';
import type { Attributes, AttributeValue, Resource, Scope } from '../telemetry/records.ts';
import type { FieldCatalogue, FieldLevel, FieldSignal, KeyTable } from './field-catalogue.ts';
import { RowWriter } from './row-writer.ts';

/** A column as an insert brings it: name, and type without LowCardinality, which the engine adds faster by itself. */
export type Column = readonly [name: string, type: string];

export const attributeColumns = (prefix: string): Column[] => [
  [`${prefix}_string`, 'Map(String, String)'],
  [`${prefix}_int`, 'Map(String, Int64)'],
  [`${prefix}_double`, 'Map(String, Float64)'],
  [`${prefix}_bool`, 'Map(String, Bool)'],
  [`${prefix}_other`, 'Map(String, String)'],
];

export const RESOURCE_COLUMNS: readonly Column[] = [
  ['service', 'String'],
  ['environment', 'String'],
  ...attributeColumns('resource'),
  ['resource_dropped_attributes_count', 'UInt32'],
  ['resource_schema_url', 'String'],
];

export const SCOPE_COLUMNS: readonly Column[] = [
  ['scope_name', 'String'],
  ['scope_version', 'String'],
  ['scope_attrs', 'Map(String, String)'],
  ['scope_dropped_attributes_count', 'UInt32'],
  ['scope_schema_url', 'String'],
];

/** Writes attributes as five maps, one per type, in the order of {@link attributeColumns}. */
export type AttributesEncoder = (writer: RowWriter, attributes: Attributes) => void;

export function createAttributesEncoder(
  catalogue: FieldCatalogue,
  signal: FieldSignal,
  level: FieldLevel,
): AttributesEncoder {
  const keyTables = (['string', 'int', 'double', 'bool', 'other'] as const).map((type) =>
    catalogue.keys(signal, level, type),
  ) as [KeyTable, KeyTable, KeyTable, KeyTable, KeyTable];
  const [stringKeys, intKeys, doubleKeys, boolKeys, otherKeys] = keyTables;
  // One pass sorts the values by type into lists that are kept, so that a record allocates none.
  const strings = createPairs<string>();
  const ints = createPairs<bigint>();
  const doubles = createPairs<number>();
  const bools = createPairs<boolean>();
  const others = createPairs<AttributeValue>();
  const sort = (value: AttributeValue, key: string): void => {
    switch (typeof value) {
      case 'string':
        strings.keys[strings.count] = key;
        strings.values[strings.count++] = value;
        break;
      case 'bigint':
        ints.keys[ints.count] = key;
        ints.values[ints.count++] = value;
        break;
      case 'number':
        doubles.keys[doubles.count] = key;
        doubles.values[doubles.count++] = value;
        break;
      case 'boolean':
        bools.keys[bools.count] = key;
        bools.values[bools.count++] = value;
        break;
      default:
        others.keys[others.count] = key;
        others.values[others.count++] = value;
    }
  };
  return (writer, attributes) => {
    strings.count = ints.count = doubles.count = bools.count = others.count = 0;
    attributes.forEach(sort);
    writer.length(strings.count);
    for (let i = 0; i < strings.count; i++) {
      stringKeys.write(writer, strings.keys[i] as string);
      writer.string(strings.values[i] as string);
    }
    writer.length(ints.count);
    for (let i = 0; i < ints.count; i++) {
      intKeys.write(writer, ints.keys[i] as string);
      writer.int64(ints.values[i] as bigint);
    }
    writer.length(doubles.count);
    for (let i = 0; i < doubles.count; i++) {
      doubleKeys.write(writer, doubles.keys[i] as string);
      writer.float64(doubles.values[i] as number);
    }
    writer.length(bools.count);
    for (let i = 0; i < bools.count; i++) {
      boolKeys.write(writer, bools.keys[i] as string);
      writer.bool(bools.values[i] as boolean);
    }
    writer.length(others.count);
    for (let i = 0; i < others.count; i++) {
      otherKeys.write(writer, others.keys[i] as string);
      writer.string(JSON.stringify(toAnyValueJson(others.values[i] as AttributeValue)));
    }
  };
}

interface Pairs<T> {
  readonly keys: string[];
  readonly values: T[];
  count: number;
}

function createPairs<T>(): Pairs<T> {
  return { keys: [], values: [], count: 0 };
}

/** Writes attributes as one map from key to the OTLP/JSON text of the value. */
export function writeJsonAttributes(writer: RowWriter, attributes: Attributes): void {
  writer.length(attributes.size);
  for (const [key, value] of attributes) {
    writer.string(key);
    writer.string(JSON.stringify(toAnyValueJson(value)));
  }
}

/** Writes {@link RESOURCE_COLUMNS} and {@link SCOPE_COLUMNS}, encoding each resource and scope object once. */
export type OriginEncoder = (writer: RowWriter, resource: Resource, scope: Scope) => void;

export function createOriginEncoder(catalogue: FieldCatalogue, signal: FieldSignal): OriginEncoder {
  const encodeAttributes = createAttributesEncoder(catalogue, signal, 'resource');
  const scratch = new RowWriter(4096);
  const resources = new WeakMap<Resource, Uint8Array>();
  const scopes = new WeakMap<Scope, Uint8Array>();
  let lastResource: Resource | undefined;
  let lastResourceBytes: Uint8Array = new Uint8Array(0);
  let lastScope: Scope | undefined;
  let lastScopeBytes: Uint8Array = new Uint8Array(0);

  const encode = (write: () => void): Uint8Array => {
    scratch.position = 0;
    write();
    return Uint8Array.prototype.slice.call(scratch.view(0, scratch.position));
  };
  const encodeResource = (resource: Resource): Uint8Array =>
    encode(() => {
      scratch.string(resource.serviceName);
      scratch.string(resource.environment);
      encodeAttributes(scratch, resource.attributes);
      scratch.uint32(resource.droppedAttributesCount);
      scratch.string(resource.schemaUrl);
    });
  const encodeScope = (scope: Scope): Uint8Array =>
    encode(() => {
      scratch.string(scope.name);
      scratch.string(scope.version);
      writeJsonAttributes(scratch, scope.attributes);
      scratch.uint32(scope.droppedAttributesCount);
      scratch.string(scope.schemaUrl);
    });

  return (writer, resource, scope) => {
    if (resource !== lastResource) {
      let bytes = resources.get(resource);
      if (bytes === undefined) {
        bytes = encodeResource(resource);
        resources.set(resource, bytes);
      }
      lastResource = resource;
      lastResourceBytes = bytes;
    }
    if (scope !== lastScope) {
      let bytes = scopes.get(scope);
      if (bytes === undefined) {
        bytes = encodeScope(scope);
        scopes.set(scope, bytes);
      }
      lastScope = scope;
      lastScopeBytes = bytes;
    }
    writer.bytes(lastResourceBytes);
    writer.bytes(lastScopeBytes);
  };
}
