/** common.proto and resource.proto of opentelemetry-proto v1. Numbers in `case` labels are `field << 3 | wire type`. */
import type { AttributeValue, Resource, Scope } from '../telemetry/records.ts';
import type { DecodeContext } from './decode-context.ts';
import { INGEST_LIMITS } from './limits.ts';
import { FIXED64, LENGTH, type ProtobufReader, VARINT } from './protobuf-reader.ts';
import {
  type AttributeMap,
  cutMarker,
  type Draft,
  emptyScope,
  NO_ATTRIBUTES,
  TOO_DEEP_MARKER,
  TRUNCATED_KEY,
  WARNINGS,
} from './record-parts.ts';

const MAX_VALUE_BYTES = INGEST_LIMITS.maxValueBytes;

/** Reads a KeyValue into `attributes`; a key that is there already gets the new value. */
export function readAttribute(reader: ProtobufReader, context: DecodeContext, attributes: AttributeMap): void {
  readKeyValue(reader, context, attributes, 0, Number.MAX_SAFE_INTEGER);
}

/** Starts a map at the first attribute, so that records without any share one. */
export function ownAttributes(attributes: ReadonlyMap<string, AttributeValue>): AttributeMap {
  return attributes === NO_ATTRIBUTES ? new Map() : (attributes as AttributeMap);
}

function readKeyValue(
  reader: ProtobufReader,
  context: DecodeContext,
  into: AttributeMap,
  depth: number,
  cutAt: number,
): void {
  context.spend(1);
  const end = reader.valueEnd();
  let key = '';
  let value: AttributeValue = null;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        key = readName(reader, context);
        break;
      case (2 << 3) | LENGTH:
        value = readAnyValue(reader, context, depth, cutAt);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  into.set(key, value);
}

/** Reads a length-delimited AnyValue. `depth` counts the arrays and maps around it; what lies past `cutAt` is left out. */
export function readAnyValue(
  reader: ProtobufReader,
  context: DecodeContext,
  depth = 0,
  cutAt: number = Number.MAX_SAFE_INTEGER,
): AttributeValue {
  const end = reader.valueEnd();
  let value: AttributeValue = null;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        value = readText(reader, context);
        break;
      case (2 << 3) | VARINT:
        value = reader.bool();
        break;
      case (3 << 3) | VARINT:
        value = reader.int64();
        break;
      case (4 << 3) | FIXED64:
        value = reader.double();
        break;
      case (5 << 3) | LENGTH:
      case (6 << 3) | LENGTH:
        value = readList(reader, context, tag, depth, cutAt);
        break;
      case (7 << 3) | LENGTH:
        value = readBytes(reader, context);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  return value;
}

/** ArrayValue and KeyValueList: both have their elements in field 1. */
function readList(
  reader: ProtobufReader,
  context: DecodeContext,
  kind: number,
  depth: number,
  cutAtOutside: number,
): AttributeValue {
  const end = reader.valueEnd();
  if (depth >= INGEST_LIMITS.maxNestingDepth) {
    context.warn(WARNINGS.tooDeep);
    reader.pos = end;
    return TOO_DEEP_MARKER;
  }
  const cutAt = depth === 0 ? reader.pos + MAX_VALUE_BYTES : cutAtOutside;
  const byteLength = end - reader.pos;
  const array: AttributeValue[] = [];
  const map: AttributeMap = new Map();
  const isArray = kind === ((5 << 3) | LENGTH);
  while (reader.pos < end) {
    if (reader.pos > cutAt) {
      context.warn(WARNINGS.cutList);
      if (isArray) array.push(cutMarker(byteLength));
      else map.set(TRUNCATED_KEY, cutMarker(byteLength));
      reader.pos = end;
      break;
    }
    const tag = reader.tag();
    if (tag !== ((1 << 3) | LENGTH)) {
      reader.skip(tag);
    } else if (isArray) {
      context.spend(1);
      array.push(readAnyValue(reader, context, depth + 1, cutAt));
    } else {
      readKeyValue(reader, context, map, depth + 1, cutAt);
    }
  }
  reader.finish(end);
  return isArray ? array : map;
}

/** Reads a length-delimited string of any content. */
export function readText(reader: ProtobufReader, context: DecodeContext): string {
  const end = reader.valueEnd();
  return end - reader.pos > MAX_VALUE_BYTES ? readCutText(reader, context, end) : reader.text(end);
}

/** Reads a length-delimited string that is likely to repeat, such as a key or a name. */
export function readName(reader: ProtobufReader, context: DecodeContext): string {
  const end = reader.valueEnd();
  return end - reader.pos > MAX_VALUE_BYTES ? readCutText(reader, context, end) : reader.name(end);
}

function readCutText(reader: ProtobufReader, context: DecodeContext, end: number): string {
  context.warn(WARNINGS.cutText);
  const byteLength = end - reader.pos;
  let cut = reader.pos + MAX_VALUE_BYTES;
  // Not within a character: bytes 10xxxxxx continue one. In invalid UTF-8 there may be no beginning near.
  for (let i = 0; i < 3 && ((reader.buffer[cut] as number) & 0xc0) === 0x80; i++) cut--;
  const text = reader.text(cut);
  reader.pos = end;
  return text + cutMarker(byteLength);
}

function readBytes(reader: ProtobufReader, context: DecodeContext): Uint8Array {
  const end = reader.valueEnd();
  if (end - reader.pos <= MAX_VALUE_BYTES) return reader.bytes(end);
  context.warn(WARNINGS.cutBytes);
  const bytes = reader.bytes(reader.pos + MAX_VALUE_BYTES);
  reader.pos = end;
  return bytes;
}

/** Reads a length-delimited Resource into `resource`. A resource that comes in several pieces adds up, as protobuf says. */
export function readResource(reader: ProtobufReader, context: DecodeContext, resource: Draft<Resource>): void {
  const end = reader.valueEnd();
  const attributes = ownAttributes(resource.attributes);
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        readAttribute(reader, context, attributes);
        break;
      case (2 << 3) | VARINT:
        resource.droppedAttributesCount = reader.varint32();
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  resource.attributes = attributes;
}

/** Reads a length-delimited InstrumentationScope into `scope`, as {@link readResource} does. */
export function readScope(reader: ProtobufReader, context: DecodeContext, scope: Draft<Scope>): void {
  const end = reader.valueEnd();
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        scope.name = readName(reader, context);
        break;
      case (2 << 3) | LENGTH:
        scope.version = readName(reader, context);
        break;
      case (3 << 3) | LENGTH:
        scope.attributes = ownAttributes(scope.attributes);
        readAttribute(reader, context, scope.attributes as AttributeMap);
        break;
      case (4 << 3) | VARINT:
        scope.droppedAttributesCount = reader.varint32();
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
}

/**
 * Reads a `Scope…` message (scope = 1, records = 2, schema_url = 3: the same in all signals), handing each record to
 * `readRecord`, which reads it with its length. The scope object given to it may still be incomplete then.
 */
export function readScopeGroup(
  reader: ProtobufReader,
  context: DecodeContext,
  readRecord: (scope: Scope) => void,
): void {
  const end = reader.valueEnd();
  const scope = emptyScope();
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        readScope(reader, context, scope);
        break;
      case (2 << 3) | LENGTH:
        readRecord(scope);
        break;
      case (3 << 3) | LENGTH:
        scope.schemaUrl = readName(reader, context);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
}
