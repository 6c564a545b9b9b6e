import type { Clock } from '@breakwater/resilience';
import type { RedisLike } from '@breakwater/resilience/redis';

/** The end of a run that Redis could not be told of. */
export interface LateEnding {
  readonly script: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly ttlMs: number;
}

const MAX_KEPT = 1000;
const MAX_CHARACTERS = 16 * 1_048_576;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;

/**
 * Tells Redis later what it could not be told when it was away: each ending again and again until it is told, its key's
 * time is over, or the process ends. Late is not too late: a script that ends a run does nothing unless the key is that
 * run's still. At most 1000 endings and 16 Mi characters are kept, the newest. The timer keeps no process alive.
 */
export function createLateEndings(redis: RedisLike, clock: Clock): (ending: LateEnding) => void {
  const kept = new Map<LateEnding, number>();
  let characters = 0;
  let timer: unknown;
  let waitMs = FIRST_WAIT_MS;

  const forget = (ending: LateEnding): void => {
    if (kept.delete(ending)) characters -= sizeOf(ending);
  };
  const tellAll = async (): Promise<void> => {
    for (const [ending, until] of [...kept]) {
      // Newer ones took its place meanwhile.
      if (!kept.has(ending)) continue;
      if (until > clock.now()) {
        // To the end of the row first: one that Redis refuses is not in the way of the others.
        kept.delete(ending);
        kept.set(ending, until);
        await redis.eval(ending.script, [...ending.keys], [...ending.args]);
      }
      forget(ending);
    }
  };
  const later = (): void => {
    if (timer !== undefined || kept.size === 0) return;
    timer = clock.setTimer(() => {
      const again = (nextMs: number): void => {
        waitMs = nextMs;
        timer = undefined;
        later();
      };
      // That Redis is away was reported when the first of them came here.
      tellAll().then(
        () => again(FIRST_WAIT_MS),
        () => again(Math.min(waitMs * 2, MAX_WAIT_MS)),
      );
    }, waitMs);
    (timer as { unref?: () => void } | undefined)?.unref?.();
  };

  return (ending) => {
    kept.set(ending, clock.now() + ending.ttlMs);
    characters += sizeOf(ending);
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT && characters <= MAX_CHARACTERS) break;
      forget(oldest);
    }
    later();
  };
}

function sizeOf({ args }: LateEnding): number {
  return args.reduce((sum, arg) => sum + arg.length, 0);
}
