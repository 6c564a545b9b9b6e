import { readSync } from 'node:fs';

/** The parts of an HTTP answer that are looked at. */
export interface RawAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

const MAX_BYTES = 1_048_576;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Waits for the answer to a request whose last byte was sent, on its socket and without the event loop, which has stopped
 * when a process exits. `open` makes text of what comes encrypted. `undefined` when none comes in time, or none that can be
 * read.
 */
export function readAnswer(
  fd: number,
  timeoutMs: number,
  open: (bytes: Buffer) => Buffer = (bytes) => bytes,
): RawAnswer | undefined {
  const end = performance.now() + timeoutMs;
  const chunk = Buffer.allocUnsafe(65_536);
  let bytes: Buffer = Buffer.alloc(0);
  for (let ended = false; ; ) {
    const answer = parse(bytes, ended);
    if (answer !== undefined || ended || bytes.length > MAX_BYTES) return answer;
    try {
      const length = readSync(fd, chunk, 0, chunk.length, null);
      ended = length === 0;
      if (length > 0) bytes = Buffer.concat([bytes, open(Buffer.from(chunk.subarray(0, length)))]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() >= end) return undefined;
      Atomics.wait(pause, 0, 0, 2);
    }
  }
}

/** `undefined` while it is not complete. */
function parse(bytes: Buffer, ended: boolean): RawAnswer | undefined {
  const start = bytes.indexOf('\r\n\r\n');
  if (start === -1) return undefined;
  const head = bytes.toString('latin1', 0, start);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
  if (Number.isNaN(status)) return undefined;
  const body = bytes.subarray(start + 4);
  // Interim answers come before the one that counts.
  if (status < 200) return parse(body, ended);
  const field = (name: string): string | undefined => new RegExp(`\r\n${name}:[ \t]*(.*)`, 'i').exec(head)?.[1]?.trim();
  const retryAfter = field('retry-after');
  if (/chunked/i.test(field('transfer-encoding') ?? '')) {
    const whole = dechunk(body);
    return whole === undefined ? undefined : { status, retryAfter, body: whole };
  }
  const length = field('content-length');
  const wanted = status === 204 ? 0 : length === undefined ? Number.POSITIVE_INFINITY : Number(length);
  if (body.length >= wanted) return { status, retryAfter, body: body.subarray(0, wanted) };
  return ended ? { status, retryAfter, body } : undefined;
}

function dechunk(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!(size >= 0) || line + 2 + size > bytes.length) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
