import { createHash } from 'node:crypto';

/**
 * Hash of what a request asks for. JSON values with the same content are the same, whatever the order of their names;
 * bytes and text are taken as they are. Throws `TypeError` for a value that JSON cannot hold.
 */
export function toFingerprint(method: string, target: string, body: unknown): string {
  const sum = createHash('sha256').update(`${method} ${target}\n`);
  if (body instanceof Uint8Array) return sum.update('bytes\n').update(body).digest('hex');
  if (typeof body === 'string') return sum.update('text\n').update(body).digest('hex');
  return sum
    .update('json\n')
    .update(sorted(body) ?? '')
    .digest('hex');
}

function sorted(value: unknown): string | undefined {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
