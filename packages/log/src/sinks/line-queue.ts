import { toLevel } from '../level.ts';

/** A line waiting for its place to take it. */
export interface QueuedLine {
  readonly line: string;
  readonly severity: number;
  readonly order: number;
}

interface Lane {
  items: QueuedLine[];
  head: number;
}

/** Lines in the order they came, of which the oldest, or the oldest of the least severe, can be given up. */
export class LineQueue {
  chars = 0;
  size = 0;
  private order = 0;
  private readonly lanes: Lane[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map(() => ({
    items: [],
    head: 0,
  }));

  push(line: string, severity: number): void {
    this.lanes[LANE[toLevel(severity)]]!.items.push({ line, severity, order: this.order++ });
    this.chars += line.length;
    this.size++;
  }

  /** Takes the oldest. */
  shift(): QueuedLine | undefined {
    let oldest: Lane | undefined;
    for (const lane of this.lanes) {
      const first = lane.items[lane.head];
      if (first !== undefined && (oldest === undefined || first.order < oldest.items[oldest.head]!.order))
        oldest = lane;
    }
    return oldest && this.take(oldest);
  }

  /** Takes the oldest among the least severe. */
  shiftLowest(): QueuedLine | undefined {
    const lane = this.lanes.find(({ items, head }) => items.length > head);
    return lane && this.take(lane);
  }

  /** Severity of what `shiftLowest` would take; above every severity when empty. */
  lowest(): number {
    const lane = this.lanes.find(({ items, head }) => items.length > head);
    return lane === undefined ? 101 : lane.items[lane.head]!.severity;
  }

  private take(lane: Lane): QueuedLine {
    const item = lane.items[lane.head++]!;
    this.chars -= item.line.length;
    this.size--;
    if (lane.head > 256 && lane.head * 2 > lane.items.length) {
      lane.items = lane.items.slice(lane.head);
      lane.head = 0;
    }
    return item;
  }
}

const LANE = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5 } as const;
