import type { DecodeContext } from './decode-context.ts';

/** What a time may have been sent in instead of nanoseconds. */
const UNITS: readonly (readonly [name: string, nanos: bigint])[] = [
  ['microseconds', 1_000n],
  ['milliseconds', 1_000_000n],
  ['seconds', 1_000_000_000n],
];

const DAY_NANOS = 86_400_000_000_000n;

/**
 * The records that the store still keeps. Older ones are rejected rather than acknowledged: they would be gone at once,
 * and times all over the calendar cost the store one partition a day.
 */
export function keepRecent<T>(
  records: readonly T[],
  timeOf: (record: T) => bigint,
  noun: string,
  context: DecodeContext,
): readonly T[] {
  const { oldestUnixNano } = context;
  // Nearly every batch is recent: it is only looked at, not copied.
  const old = records.find((record) => timeOf(record) < oldestUnixNano);
  if (old === undefined) return records;
  const recent = records.filter((record) => timeOf(record) >= oldestUnixNano);
  context.reject(reasonOf(timeOf(old), noun, context), records.length - recent.length);
  return recent;
}

/** Only the days are named, so that a sender that keeps trying is one fault on the status page. */
function reasonOf(unixNano: bigint, noun: string, { oldestUnixNano, receivedUnixNano }: DecodeContext): string {
  const meant = UNITS.find(([, nanos]) => {
    const time = unixNano * nanos;
    return time >= oldestUnixNano && time <= receivedUnixNano + DAY_NANOS;
  });
  const question = meant === undefined ? '' : `; were ${meant[0]} sent as nanoseconds?`;
  return `a time of ${dayOf(unixNano)} is older than what is kept, ${noun} from ${dayOf(oldestUnixNano)} on${question}`;
}

function dayOf(unixNano: bigint): string {
  return new Date(Number(unixNano / 1_000_000n)).toISOString().slice(0, 10);
}
