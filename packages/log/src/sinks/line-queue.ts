import { toLevel } from '../level.ts';
import type { Backlog } from './full-policy.ts';

interface QueuedLine {
  readonly line: string;
  readonly severity: number;
  readonly order: number;
}

interface Lane {
  items: QueuedLine[];
  head: number;
}

const LANE = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5 } as const;

/**
 * Lines in the order they came, of so many characters at most: the oldest, or the oldest of the least severe, is given
 * up for a new one.
 */
export class LineQueue implements Backlog {
  chars = 0;
  size = 0;
  private order = 0;
  private readonly maxChars: number;
  private readonly lowest: boolean;
  private readonly lanes: Lane[] = Object.keys(LANE).map(() => ({ items: [], head: 0 }));

  constructor(maxChars: number, lowest: boolean) {
    this.maxChars = maxChars;
    this.lowest = lowest;
  }

  push(line: string, severity: number): number {
    if (line.length > this.maxChars) return 1;
    let lost = 0;
    for (; this.chars + line.length > this.maxChars; lost++) {
      const lane = this.lowest ? this.lowestLane()! : this.oldestLane()!;
      // Less severe than all that wait: it is the one to go.
      if (this.lowest && lane.items[lane.head]!.severity > severity) return lost + 1;
      this.takeFrom(lane);
    }
    this.lanes[LANE[toLevel(severity)]]!.items.push({ line, severity, order: this.order++ });
    this.chars += line.length;
    this.size++;
    return lost;
  }

  /** The oldest line. */
  shift(): string | undefined {
    const lane = this.oldestLane();
    return lane && this.takeFrom(lane);
  }

  take(size: number): { readonly bytes: Buffer; readonly lines: number } | undefined {
    if (this.size === 0) return undefined;
    const before = this.size;
    let text = '';
    while (this.size > 0 && text.length < size) text += this.shift();
    return { bytes: Buffer.from(text), lines: before - this.size };
  }

  clear(): number {
    const lines = this.size;
    while (this.shift() !== undefined);
    return lines;
  }

  private lowestLane(): Lane | undefined {
    return this.lanes.find(({ items, head }) => items.length > head);
  }

  private oldestLane(): Lane | undefined {
    let oldest: Lane | undefined;
    for (const lane of this.lanes) {
      const first = lane.items[lane.head];
      if (first !== undefined && (oldest === undefined || first.order < oldest.items[oldest.head]!.order))
        oldest = lane;
    }
    return oldest;
  }

  private takeFrom(lane: Lane): string {
    const { line } = lane.items[lane.head++]!;
    this.chars -= line.length;
    this.size--;
    if (lane.head > 256 && lane.head * 2 > lane.items.length) {
      lane.items = lane.items.slice(lane.head);
      lane.head = 0;
    }
    return line;
  }
}
