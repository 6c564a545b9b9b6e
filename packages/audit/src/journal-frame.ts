import { crc32 } from 'node:zlib';
import { AuditError } from './errors.ts';
import type { JournalEntry } from './store.ts';

/**
 * One batch of the journal: magic, index of the first entry, count, length of the body, CRC-32 of header and body, body.
 * The body holds each entry after its length (uint32). A batch is one write, and the next one starts only after this
 * one is on disk: so only the last frame can be cut off by a crash.
 */
const MAGIC = 0x42574a31;
const HEADER_BYTES = 28;

export function encodeFrame(first: number, entries: readonly Uint8Array[]): Buffer {
  const bodyBytes = entries.reduce((total, entry) => total + 4 + entry.length, 0);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bodyBytes);
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeBigUInt64BE(BigInt(first), 4);
  frame.writeUInt32BE(entries.length, 12);
  frame.writeBigUInt64BE(BigInt(bodyBytes), 16);
  let offset = HEADER_BYTES;
  for (const entry of entries) {
    offset = frame.writeUInt32BE(entry.length, offset);
    frame.set(entry, offset);
    offset += entry.length;
  }
  frame.writeUInt32BE(checksum(frame), 24);
  return frame;
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(HEADER_BYTES), crc32(frame.subarray(0, 24)));
}

export interface DecodedJournal {
  readonly entries: JournalEntry[];
  /** Where each good frame begins, and the index of its first entry. */
  readonly frames: { readonly first: number; readonly offset: number }[];
  /** Where the good part ends: an append goes here. */
  readonly goodBytes: number;
}

/** Reads whole frames. Throws `AUDIT_CORRUPT` where a good frame follows a bad one; a bad last frame is left out. */
export function decodeFrames(bytes: Buffer, name: string): DecodedJournal {
  const entries: JournalEntry[] = [];
  const frames: { first: number; offset: number }[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const end = frameEnd(bytes, offset);
    if (end === null) {
      if (hasFrameAfter(bytes, offset + 1)) {
        throw new AuditError(
          'AUDIT_CORRUPT',
          `${name} is damaged at byte ${offset}, before entries that were acknowledged`,
        );
      }
      break;
    }
    const first = Number(bytes.readBigUInt64BE(offset + 4));
    frames.push({ first, offset });
    let position = offset + HEADER_BYTES;
    for (let index = first; position < end; index += 1) {
      const length = bytes.readUInt32BE(position);
      entries.push({ index, entry: bytes.subarray(position + 4, position + 4 + length) });
      position += 4 + length;
    }
    offset = end;
  }
  return { entries, frames, goodBytes: offset };
}

/** The offset after the frame at `offset`, or null where no whole, unharmed frame stands there. */
function frameEnd(bytes: Buffer, offset: number): number | null {
  if (offset + HEADER_BYTES > bytes.length || bytes.readUInt32BE(offset) !== MAGIC) return null;
  const end = offset + HEADER_BYTES + Number(bytes.readBigUInt64BE(offset + 16));
  if (end > bytes.length) return null;
  const frame = bytes.subarray(offset, end);
  return checksum(frame) === frame.readUInt32BE(24) ? end : null;
}

function hasFrameAfter(bytes: Buffer, from: number): boolean {
  const magic = Buffer.alloc(4);
  magic.writeUInt32BE(MAGIC);
  for (let at = bytes.indexOf(magic, from); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (frameEnd(bytes, at) !== null) return true;
  }
  return false;
}
