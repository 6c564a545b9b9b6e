import { OptionError } from '@breakwater/errors';

/** A request's body: a Node request, or the `body` of a Fetch request. */
export type BodySource = AsyncIterable<Uint8Array> | null | undefined;

/**
 * Reads a JSON body, for frameworks without a parser of their own. `undefined` for an empty one. Rejects with an error of
 * status 400 for what is not JSON in UTF-8, and 413 for more than `maxBytes` (default 1 MiB). Throws `OptionError` for
 * a wrong option.
 */
export async function readJson(body: BodySource, options: { readonly maxBytes?: number } = {}): Promise<unknown> {
  const maxBytes = options.maxBytes ?? 1_048_576;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw new OptionError('options.maxBytes', maxBytes, 'an integer of 1 or more');
  if (body === null || body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of keepingOpen(body)) {
    size += chunk.length;
    if (size > maxBytes)
      throw Object.assign(new Error(`The body is larger than ${maxBytes} bytes`), { status: 413, expose: true });
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw Object.assign(new Error('The body is not JSON', { cause }), {
      status: 400,
      expose: true,
      type: 'entity.parse.failed',
    });
  }
}

// Leaving a loop over a Node request destroys its socket, and with it the way back for the answer.
function keepingOpen(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const stream = body as { iterator?: (options: { destroyOnReturn: boolean }) => AsyncIterable<Uint8Array> };
  return typeof stream.iterator === 'function' ? stream.iterator({ destroyOnReturn: false }) : body;
}
