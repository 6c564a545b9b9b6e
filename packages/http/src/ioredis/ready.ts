import { UnreachableError } from '../dependency/errors.ts';
import type { GuardCore } from '../dependency/guard.ts';

/** What is used of a client of `ioredis`. */
export interface RawRedis {
  readonly status: string;
  connect(...args: never[]): Promise<unknown>;
  getBuiltinCommands(): string[];
  ping(): Promise<unknown>;
  info(section: string): Promise<string>;
  on(event: string, listener: (error: Error) => void): unknown;
}

/**
 * Waits until a client is connected. Without it commands would collect in ioredis's queue, without limit, and those whose
 * callers have long given up would still be sent when the connection comes back.
 */
export function createReadyWait(core: GuardCore, redis: RawRedis, timeoutMs: number): () => Promise<void> | undefined {
  const waiting = new Set<(error?: Error) => void>();
  const settle = (error?: Error): void => {
    const all = [...waiting];
    waiting.clear();
    for (const end of all) end(error);
  };
  redis.on('ready', () => settle());
  redis.on('end', () => settle(new UnreachableError(core.name, 0)));
  return () => {
    if (redis.status === 'ready') return undefined;
    if (redis.status === 'end') return Promise.reject(new UnreachableError(core.name, 0));
    // Its failures come as events, and as the end of the wait.
    if (redis.status === 'wait') redis.connect().catch(() => undefined);
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        waiting.delete(end);
        core.clock.clearTimer(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = core.clock.setTimer(() => end(new UnreachableError(core.name, timeoutMs)), timeoutMs);
      waiting.add(end);
    });
  };
}
