import { checkOptions, type Rule, whole } from '@breakwater/errors/options';

/** A request's body: a Node request, or the `body` of a Fetch request. */
export type BodySource = AsyncIterable<Uint8Array> | null | undefined;

const rules: Record<string, Rule> = { maxBytes: whole(1) };

/**
 * Reads a JSON body, for frameworks without a parser of their own. `undefined` for an empty one. Rejects with an error of
 * status 400 for what is not JSON in UTF-8, and 413 for more than `maxBytes` (default 1 MiB). Throws `OptionError` for
 * a wrong option.
 */
export async function readJson(
  body: BodySource,
  options: { readonly maxBytes?: number | undefined } = {},
): Promise<unknown> {
  checkOptions('readJson', options, rules);
  const { maxBytes = 1_048_576 } = options;
  if (body === null || body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of keepingOpen(body)) {
    size += chunk.length;
    if (size > maxBytes) break;
    chunks.push(chunk);
  }
  if (size > maxBytes) {
    // What is still coming is thrown away: a client that sends without reading would not see the answer, nor could it ask again.
    (body as { resume?: () => void }).resume?.();
    throw Object.assign(new Error(`The body is larger than ${maxBytes} bytes`), { status: 413, expose: true });
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
