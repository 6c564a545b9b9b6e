import { DecodeLimitError } from './decode-error.ts';
import { INGEST_LIMITS } from './limits.ts';

/** Cost of a record in {@link DecodeContext.spend}; everything else costs 1. */
export const RECORD_COST = 8;

/**
 * What decoding one request needs to know and finds out: the time of receipt, ids for its records, what it may still
 * expand to, and what was wrong with it without making it useless.
 */
export class DecodeContext {
  readonly receivedUnixNano: bigint;
  readonly nextId: () => bigint;
  /** Records from before are not worth storing: see `keepRecent`. */
  readonly oldestUnixNano: bigint;
  /** Single records that were left out. */
  rejected = 0;
  readonly #latestUnixNano: bigint;
  readonly #rejections = new Map<string, number>();
  readonly #warnings = new Map<string, number>();
  #elementsLeft: number = INGEST_LIMITS.maxElements;

  /** `receivedAtMs` and `oldestMs` are in epoch milliseconds. */
  constructor(receivedAtMs: number, nextId: () => bigint, oldestMs = 0) {
    this.receivedUnixNano = BigInt(Math.floor(receivedAtMs)) * 1_000_000n;
    this.#latestUnixNano = this.receivedUnixNano + BigInt(INGEST_LIMITS.maxFutureMs) * 1_000_000n;
    this.oldestUnixNano = BigInt(oldestMs) * 1_000_000n;
    this.nextId = nextId;
  }

  /** Throws a DecodeLimitError when the request has expanded to more than it may. */
  spend(elements: number): void {
    this.#elementsLeft -= elements;
    if (this.#elementsLeft < 0) {
      throw new DecodeLimitError(
        `the request holds more than ${INGEST_LIMITS.maxElements} elements (records count ${RECORD_COST}); send smaller batches`,
      );
    }
  }

  /** The time, or the time of receipt where it lies too far in the future. */
  clampTime(unixNano: bigint): bigint {
    if (unixNano <= this.#latestUnixNano) return unixNano;
    this.warn('a time more than 24 h in the future was set to the time of receipt');
    return this.receivedUnixNano;
  }

  /** `count` records were left out. The reason should hold no text from the request, so that equal reasons add up. */
  reject(reason: string, count = 1): void {
    this.rejected += count;
    addReason(this.#rejections, reason, count);
  }

  /** Something was read although it is not as it should be. */
  warn(reason: string): void {
    addReason(this.#warnings, reason, 1);
  }

  /** What was wrong, for the sender: rejections first, with counts where above 1. '' when nothing was. */
  message(): string {
    const parts: string[] = [];
    if (this.rejected > 0) parts.push(`rejected ${this.rejected}: ${reasonList(this.#rejections)}`);
    if (this.#warnings.size > 0) parts.push(`warning: ${reasonList(this.#warnings)}`);
    return parts.join('; ');
  }
}

function addReason(reasons: Map<string, number>, reason: string, count: number): void {
  const seen = reasons.get(reason);
  if (seen !== undefined) reasons.set(reason, seen + count);
  else if (reasons.size < INGEST_LIMITS.maxReasons) reasons.set(reason, count);
}

function reasonList(reasons: Map<string, number>): string {
  const texts: string[] = [];
  for (const [reason, count] of reasons) {
    if (texts.length === INGEST_LIMITS.maxReasonsInMessage) {
      texts.push(`and ${reasons.size - texts.length} more`);
      break;
    }
    texts.push(count > 1 ? `${reason} (${count} times)` : reason);
  }
  return texts.join(', ');
}
