/** common.proto and resource.proto of opentelemetry-proto v1 in OTLP/JSON, and the walk that all signals share. */
import type { Attributes, AttributeValue, Resource, Scope } from '../telemetry/records.ts';
import type { DecodeContext } from './decode-context.ts';
import { DecodeError } from './decode-error.ts';
import {
  field,
  type JsonObject,
  listField,
  objectField,
  textField,
  toBool,
  toBytes,
  toDouble,
  toInt64,
  toObject,
  toText,
  uint32Field,
} from './json-fields.ts';
import { parseExactJson } from './json-text.ts';
import { INGEST_LIMITS } from './limits.ts';
import {
  type AttributeMap,
  completeResource,
  cutMarker,
  emptyResource,
  emptyScope,
  NO_ATTRIBUTES,
  TOO_DEEP_MARKER,
  TRUNCATED_KEY,
  WARNINGS,
} from './record-parts.ts';

/** How much of a value has been read, to cut arrays and maps that are too large. */
interface Room {
  bytesLeft: number;
}

/** A list of KeyValue objects; of equal keys the last one stands. */
export function attributesField(object: JsonObject, name: string, context: DecodeContext): Attributes {
  const pairs = listField(object, name, context);
  if (pairs.length === 0) return NO_ATTRIBUTES;
  const attributes: AttributeMap = new Map();
  for (const pair of pairs) readKeyValue(pair, context, attributes, 0, { bytesLeft: INGEST_LIMITS.maxValueBytes });
  return attributes;
}

/** An AnyValue that may be absent. */
export function anyValueField(object: JsonObject, name: string, context: DecodeContext): AttributeValue {
  return readAnyValue(field(object, name, context), context, 0, { bytesLeft: INGEST_LIMITS.maxValueBytes });
}

function readKeyValue(json: unknown, context: DecodeContext, into: AttributeMap, depth: number, room: Room): void {
  context.spend(1);
  const pair = toObject(json, 'attribute');
  const key = textField(pair, 'key', context);
  if (depth > 0) room.bytesLeft -= key.length;
  into.set(key, readAnyValue(field(pair, 'value', context), context, depth, room));
}

function readAnyValue(json: unknown, context: DecodeContext, depth: number, room: Room): AttributeValue {
  if (json === undefined || json === null) return null;
  const any = toObject(json, 'value');
  for (const name of VALUE_FIELDS) {
    const value = field(any, name, context);
    if (value === undefined) continue;
    room.bytesLeft -= typeof value === 'string' ? value.length + 2 : 8;
    switch (name) {
      case 'stringValue':
        return toText(value, name, context);
      case 'boolValue':
        return toBool(value, name);
      case 'intValue':
        return toInt64(value, name);
      case 'doubleValue':
        return toDouble(value, name);
      case 'bytesValue':
        return toBytes(value, name, context);
      default:
        return readList(toObject(value, name), name === 'arrayValue', context, depth, room);
    }
  }
  return null;
}

const VALUE_FIELDS = [
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'arrayValue',
  'kvlistValue',
  'bytesValue',
] as const;

function readList(
  list: JsonObject,
  isArray: boolean,
  context: DecodeContext,
  depth: number,
  room: Room,
): AttributeValue {
  if (depth >= INGEST_LIMITS.maxNestingDepth) {
    context.warn(WARNINGS.tooDeep);
    return TOO_DEEP_MARKER;
  }
  const array: AttributeValue[] = [];
  const map: AttributeMap = new Map();
  for (const item of listField(list, 'values', context)) {
    if (room.bytesLeft < 0) {
      context.warn(WARNINGS.cutList);
      const marker = cutMarker(INGEST_LIMITS.maxValueBytes - room.bytesLeft);
      if (isArray) array.push(marker);
      else map.set(TRUNCATED_KEY, marker);
      break;
    }
    if (isArray) {
      context.spend(1);
      array.push(readAnyValue(item, context, depth + 1, room));
    } else {
      readKeyValue(item, context, map, depth + 1, room);
    }
  }
  return isArray ? array : map;
}

/** Names of the three levels of an export request in one signal. */
export interface ExportNames {
  resources: 'resourceLogs' | 'resourceSpans' | 'resourceMetrics';
  scopes: 'scopeLogs' | 'scopeSpans' | 'scopeMetrics';
  records: 'logRecords' | 'spans' | 'metrics';
}

/**
 * Walks an export request and hands each record to `readRecord`. A DecodeError that it throws rejects that record
 * alone; one in what is around the records refuses the request.
 */
export function readExportRequestJson(
  bytes: Buffer,
  context: DecodeContext,
  names: ExportNames,
  readRecord: (record: JsonObject, resource: Resource, scope: Scope) => void,
): void {
  const request = toObject(parseExactJson(bytes), 'the request');
  for (const resourceJson of listField(request, names.resources, context)) {
    const group = toObject(resourceJson, names.resources);
    const resource = readResource(group, context);
    for (const scopeJson of listField(group, names.scopes, context)) {
      const scopeGroup = toObject(scopeJson, names.scopes);
      const scope = readScope(scopeGroup, context);
      for (const record of listField(scopeGroup, names.records, context)) {
        orReject(context, 1, () => readRecord(toObject(record, names.records), resource, scope));
      }
    }
  }
}

/** Runs `read`; what is malformed in it rejects `count` records. */
export function orReject(context: DecodeContext, count: number, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    context.reject(error.message, count);
  }
}

function readResource(group: JsonObject, context: DecodeContext): Resource {
  const resource = emptyResource();
  const json = objectField(group, 'resource', context);
  if (json !== undefined) {
    resource.attributes = attributesField(json, 'attributes', context);
    resource.droppedAttributesCount = uint32Field(json, 'droppedAttributesCount', context);
  }
  resource.schemaUrl = textField(group, 'schemaUrl', context);
  completeResource(resource);
  return resource;
}

function readScope(group: JsonObject, context: DecodeContext): Scope {
  const scope = emptyScope();
  const json = objectField(group, 'scope', context);
  if (json !== undefined) {
    scope.name = textField(json, 'name', context);
    scope.version = textField(json, 'version', context);
    scope.attributes = attributesField(json, 'attributes', context);
    scope.droppedAttributesCount = uint32Field(json, 'droppedAttributesCount', context);
  }
  scope.schemaUrl = textField(group, 'schemaUrl', context);
  return scope;
}
