import type { Call } from '../call.ts';
import { checkOptions, flag, type Rule, whole } from '../options.ts';
import { NEVER } from '../policy.ts';

/** Decides which waiting call goes next; made by {@link fairQueue}. Serves one bulkhead. */
export interface QueueOrder {
  /** A call begins to wait. False: it may not, too many of its kind do; `kept`: it waits already, and may. */
  add(call: Call, kept?: boolean): boolean;
  /** A call no longer waits. Harmless for one that did not. */
  remove(call: Call): void;
  /** Takes out who is next; `undefined` when nobody waits. */
  take(): Call | undefined;
}

export interface FairQueueOptions {
  /** How often calls of higher `priority` may go before a waiting one of lower priority. Default 10. */
  readonly starvationLimit?: number | undefined;
  /** Serves waiting calls of different `key` in turn, so that a busy key delays itself only. Default false: in order of arrival. */
  readonly byKey?: boolean | undefined;
  /** Calls of one `key` that may wait; only with `byKey`. Default: no limit of its own. */
  readonly maxPerKey?: number | undefined;
}

const rules: Record<string, Rule> = { starvationLimit: whole(1), byKey: flag };
const keyRules: Record<string, Rule> = { ...rules, maxPerKey: whole(1) };

/**
 * An order for `createBulkhead({ order })`: the highest priority first, and within it the keys in turn, and within a key
 * the one that came first. A priority that was passed over `starvationLimit` times goes before all higher ones, once.
 * Memory is bounded by those waiting. Throws `OptionError` on bad options.
 */
export function fairQueue(options: FairQueueOptions = {}): QueueOrder {
  checkOptions('fairQueue', options, options?.byKey ? keyRules : rules);
  return new FairQueue({ ...options });
}

/** A place in a ring: a waiting call, or its lane, which lies between the newest and the oldest. */
export interface Link {
  before: Link;
  after: Link;
}

/** A waiting call. */
interface Node extends Link {
  readonly call: Call;
  readonly lane: Lane;
}

/** The waiting calls of one priority and key, in order of arrival. */
export interface Lane extends Link {
  readonly key: string;
  readonly level: Level;
  size: number;
}

export interface Level {
  readonly priority: number;
  /** In the order in which the keys are next served. No lane is empty. */
  readonly lanes: Map<string, Lane>;
  /** How often a higher level was served while this one waited. */
  passedOver: number;
}

/** {@link fairQueue}. A step takes the same time however many calls wait, but for the number of priorities. */
export class FairQueue implements QueueOrder {
  options: FairQueueOptions;
  /** Whether the newest of a key goes first, instead of the oldest. */
  newest = false;
  /** The highest priority first. */
  readonly levels: Level[] = [];
  readonly #nodes: Map<Call, Node> = new Map();

  constructor(options: FairQueueOptions) {
    this.options = options;
  }

  add(call: Call, kept = false): boolean {
    const { byKey = false, maxPerKey = NEVER } = this.options;
    // Without fairness all calls share one lane, and one key cannot be told from another.
    const key = byKey ? (call.key ?? '') : '';
    let waiting = 0;
    for (const { lanes } of this.levels) waiting += lanes.get(key)?.size ?? 0;
    if (!kept && waiting >= maxPerKey) return false;
    const lane = this.#laneOf(call.priority ?? 0, key);
    const node: Node = { call, lane, before: lane.before, after: lane };
    lane.before = node.before.after = node;
    lane.size++;
    this.#nodes.set(call, node);
    return true;
  }

  #laneOf(priority: number, key: string): Lane {
    let level = this.levels.find((candidate) => candidate.priority === priority);
    if (!level) {
      level = { priority, lanes: new Map(), passedOver: 0 };
      this.levels.push(level);
      this.levels.sort((a, b) => b.priority - a.priority);
    }
    let lane = level.lanes.get(key);
    if (!lane) {
      lane = { key, level, size: 0 } as Lane;
      lane.before = lane.after = lane;
      level.lanes.set(key, lane);
    }
    return lane;
  }

  remove(call: Call): void {
    const node = this.#nodes.get(call);
    if (!node) return;
    const { before, after, lane } = node;
    this.#nodes.delete(call);
    before.after = after;
    after.before = before;
    if (--lane.size > 0) return;
    const { lanes } = lane.level;
    lanes.delete(lane.key);
    if (lanes.size === 0) this.levels.splice(this.levels.indexOf(lane.level), 1);
  }

  take(): Call | undefined {
    const { starvationLimit = 10 } = this.options;
    const level = this.levels.find(({ passedOver }) => passedOver >= starvationLimit) ?? this.levels[0];
    if (!level) return undefined;
    level.passedOver = 0;
    for (const other of this.levels) if (other.priority < level.priority) other.passedOver++;
    const [lane] = level.lanes.values();
    const { call } = (this.newest ? lane!.before : lane!.after) as Node;
    this.remove(call);
    // The key, if it still waits, comes after the others.
    if (level.lanes.delete(lane!.key)) level.lanes.set(lane!.key, lane!);
    return call;
  }

  /** The newest of the lowest priority, of the key that is served next. Stays in the queue. */
  get last(): Call | undefined {
    const [lane] = this.levels.at(-1)?.lanes.values() ?? [];
    return (lane?.before as Node | undefined)?.call;
  }
}
