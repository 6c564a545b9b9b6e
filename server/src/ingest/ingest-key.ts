import type { IncomingHttpHeaders } from 'node:http';

/**
 * The ingest key a client sent, or null: `Authorization: Bearer KEY`, `x-api-key: KEY`, or, as some clients do,
 * `Authorization: KEY` without a scheme. `x-api-key` counts only where there is no Authorization header.
 */
export function ingestKeyOf(headers: IncomingHttpHeaders): string | null {
  const authorization = headers.authorization?.trim();
  if (authorization) {
    const bearer = /^bearer\s+(.+)$/i.exec(authorization);
    if (bearer !== null) return (bearer[1] as string).trim();
    // Any other scheme with a space is not a key.
    return /\s/.test(authorization) ? null : authorization;
  }
  const apiKey = headers['x-api-key'];
  return typeof apiKey === 'string' && apiKey.trim() !== '' ? apiKey.trim() : null;
}
