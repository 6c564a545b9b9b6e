import { type AttributeValue, fits64, type LogRecord } from '../record.ts';
import { groupRecords, unixNano } from './group.ts';

/** Bytes of one protobuf message, growing. */
class Message {
  private buffer: Buffer = Buffer.allocUnsafe(256);
  private length = 0;

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const next = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(next, 0, 0, this.length);
    this.buffer = next;
  }

  private varint(value: number): void {
    this.room(10);
    let rest = value;
    while (rest > 127) {
      this.buffer[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.length++] = rest;
  }

  uint(field: number, value: number): void {
    this.varint(field * 8);
    this.varint(value);
  }

  /** Two's complement in ten bytes at most, every bit of 64 kept. */
  int64(field: number, value: bigint): void {
    this.varint(field * 8);
    this.room(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.buffer[this.length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
  }

  fixed64(field: number, value: bigint): void {
    this.varint(field * 8 + 1);
    this.room(8);
    this.length = this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.length);
  }

  fixed32(field: number, value: number): void {
    this.varint(field * 8 + 5);
    this.room(4);
    this.length = this.buffer.writeUInt32LE(value >>> 0, this.length);
  }

  double(field: number, value: number): void {
    this.varint(field * 8 + 1);
    this.room(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  bytes(field: number, value: Uint8Array): void {
    this.varint(field * 8 + 2);
    this.varint(value.length);
    this.room(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  text(field: number, value: string): void {
    this.bytes(field, Buffer.from(value));
  }

  inner(field: number, fill: (message: Message) => void): void {
    const message = new Message();
    fill(message);
    this.bytes(field, message.done());
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

function anyValue(message: Message, value: AttributeValue): void {
  if (value === null) return;
  switch (typeof value) {
    case 'string':
      message.text(1, value);
      return;
    case 'boolean':
      message.uint(2, value ? 1 : 0);
      return;
    case 'bigint':
      if (fits64(value)) message.int64(3, value);
      else message.text(1, String(value));
      return;
    case 'number':
      if (Number.isSafeInteger(value)) message.int64(3, BigInt(value));
      else message.double(4, value);
      return;
    default:
      if (Array.isArray(value)) {
        message.inner(5, (list) => {
          for (const item of value as readonly AttributeValue[]) list.inner(1, (inner) => anyValue(inner, item));
        });
      } else message.inner(6, (list) => keyValues(list, 1, value as Readonly<Record<string, AttributeValue>>));
  }
}

function keyValues(message: Message, field: number, values: Readonly<Record<string, AttributeValue>>): void {
  for (const [key, value] of Object.entries(values)) {
    message.inner(field, (pair) => {
      pair.text(1, key);
      pair.inner(2, (inner) => anyValue(inner, value));
    });
  }
}

function logRecord(message: Message, record: LogRecord): void {
  const nano = unixNano(record.timestamp);
  message.fixed64(1, nano);
  message.uint(2, record.severityNumber);
  message.text(3, record.severityText);
  message.inner(5, (body) => body.text(1, record.body));
  keyValues(message, 6, record.attributes);
  if (record.traceFlags !== undefined) message.fixed32(8, record.traceFlags);
  if (record.traceId !== undefined) message.bytes(9, Buffer.from(record.traceId, 'hex'));
  if (record.spanId !== undefined) message.bytes(10, Buffer.from(record.spanId, 'hex'));
  message.fixed64(11, record.observedTimestamp === undefined ? nano : unixNano(record.observedTimestamp));
  if (record.eventName !== undefined) message.text(12, record.eventName);
}

/** Records as an OTLP `ExportLogsServiceRequest` in protobuf (opentelemetry-proto 1.7). */
export function toOtlpProtobuf(records: readonly LogRecord[]): Uint8Array {
  const request = new Message();
  for (const { resource, scopes } of groupRecords(records)) {
    request.inner(1, (resourceLogs) => {
      resourceLogs.inner(1, (inner) => keyValues(inner, 1, resource));
      for (const { name, records: logs } of scopes) {
        resourceLogs.inner(2, (scopeLogs) => {
          scopeLogs.inner(1, (scope) => scope.text(1, name));
          for (const record of logs) scopeLogs.inner(2, (inner) => logRecord(inner, record));
        });
      }
    });
  }
  return request.done();
}

/**
 * `partial_success` of an `ExportLogsServiceResponse`, its fields in any order; nothing rejected for an empty or foreign
 * answer.
 */
export function partialSuccessIn(response: Uint8Array): { rejected: number; message: string } {
  let rejected = 0;
  let message = '';
  for (const [field, part] of fieldsOf(response)) {
    if (field !== 1 || typeof part === 'number') continue;
    for (const [inner, value] of fieldsOf(part)) {
      if (inner === 1 && typeof value === 'number') rejected = value;
      else if (inner === 2 && typeof value !== 'number') message = Buffer.from(value).toString();
    }
  }
  return { rejected, message };
}

/** Numbers and bytes of one message; ends where it makes no sense. */
function* fieldsOf(bytes: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    const field = Math.floor(tag / 8);
    if (kind === 0) {
      const value = varint();
      // Above 2^63 it is a negative number, which counts nothing.
      if (Number.isNaN(value)) return;
      yield [field, value >= 2 ** 63 ? 0 : value];
    } else if (kind === 2) {
      const length = varint();
      if (!(at + length <= bytes.length)) return;
      yield [field, bytes.subarray(at, at + length)];
      at += length;
    } else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else return;
  }
}
