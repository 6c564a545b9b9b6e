import type { Resource, Scope } from '../telemetry/records.ts';
import type { DecodeContext } from './decode-context.ts';
import { readName, readResource, readScopeGroup } from './protobuf-common.ts';
import { LENGTH, ProtobufReader } from './protobuf-reader.ts';
import { completeResource, emptyResource } from './record-parts.ts';

/**
 * Walks an export request of any signal, `Export…ServiceRequest { repeated Resource… = 1 }` with
 * `Resource… { resource = 1; repeated Scope… = 2; schema_url = 3 }`, and hands each record to `readRecord`.
 *
 * Fields may come in any order, so the resource and scope given with a record are complete only when this returns.
 * Throws a DecodeError for bytes that are not such a request, a DecodeLimitError for one that expands to too much.
 */
export function readExportRequest(
  bytes: Uint8Array,
  context: DecodeContext,
  readRecord: (reader: ProtobufReader, resource: Resource, scope: Scope) => void,
): void {
  const reader = new ProtobufReader(bytes);
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | LENGTH)) readResourceGroup(reader, context, readRecord);
    else reader.skip(tag);
  }
  reader.finish(reader.end);
}

function readResourceGroup(
  reader: ProtobufReader,
  context: DecodeContext,
  readRecord: (reader: ProtobufReader, resource: Resource, scope: Scope) => void,
): void {
  const end = reader.valueEnd();
  const resource = emptyResource();
  const readRecordOfScope = (scope: Scope): void => readRecord(reader, resource, scope);
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        readResource(reader, context, resource);
        break;
      case (2 << 3) | LENGTH:
        readScopeGroup(reader, context, readRecordOfScope);
        break;
      case (3 << 3) | LENGTH:
        resource.schemaUrl = readName(reader, context);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  completeResource(resource);
}
