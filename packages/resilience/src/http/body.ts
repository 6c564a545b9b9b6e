import type { Clock } from '../clock.ts';
import { TimeoutError } from '../errors.ts';
import { Timer, timersOf } from '../timers.ts';

/** A failed response up to this size is read at once, which frees its connection during the back-off. */
export const MOST_HELD_BYTES = 65_536;

/** A response kept until it is clear whether another attempt follows. */
export interface HeldResponse {
  /** The response, with all of its body. Once. */
  take(): Response;
  /** Gives it up, so that its connection is free. */
  discard(): void;
}

/** Reads the beginning of the body at once. */
export function holdResponse(response: Response): HeldResponse {
  if (response.body === null) return { take: () => response, discard: () => undefined };
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let taken = false;
  const read = async (): Promise<void> => {
    const { done, value } = await reader.read();
    if (done) ended = true;
    else chunks.push(value);
  };
  const fill = async (): Promise<void> => {
    for (let bytes = 0; bytes < MOST_HELD_BYTES && !ended && !taken; bytes += chunks.at(-1)?.byteLength ?? 0)
      await read();
  };
  const filled = fill().catch((error: unknown) => {
    failure = { error };
  });
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    // One reader at a time: what was being read when the response was taken comes first.
    if (chunks.length === 0) await filled;
    if (chunks.length === 0 && !ended && failure === undefined) await read();
    const next = chunks.shift();
    if (next !== undefined) controller.enqueue(next);
    else if (failure !== undefined) controller.error(failure.error);
    else controller.close();
  };
  return {
    take() {
      taken = true;
      return withBody(
        response,
        new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 }),
      );
    },
    discard() {
      reader.cancel().catch(() => {
        // The connection broke before its response could be given up: what was wanted has happened.
      });
    },
  };
}

/** The same response, whose body fails when nothing comes for `idleMs` while it is being read. */
export function withIdleLimit(response: Response, operation: string, idleMs: number, clock: Clock): Response {
  const reader = response.body!.getReader();
  const timers = timersOf(clock);
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    let timer: Timer | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = new Timer(() => reject(new TimeoutError(operation, 'idle', idleMs)));
      timers.add(timer, idleMs);
    });
    try {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) controller.close();
      else controller.enqueue(value);
    } catch (error) {
      controller.error(error);
      await reader.cancel(error);
    } finally {
      timers.remove(timer!);
    }
  };
  const cancel = (reason: unknown): Promise<void> => reader.cancel(reason);
  return withBody(response, new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 }));
}

function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url, redirected } = response;
  const same = new Response(body, { status, statusText, headers });
  Object.defineProperties(same, { url: { value: url }, redirected: { value: redirected } });
  return same;
}
