import { type KeptLines, type LineOwner, openRequests } from './kept.ts';

interface KeptLine {
  readonly line: string;
  readonly severity: number;
  readonly owner: LineOwner;
}

type Open = Parameters<typeof openRequests.add>[0];

/** A request that nobody holds any more has not gone well, and will not: its lines are written. */
const forgotten = new FinalizationRegistry<{ readonly open: Open; readonly lines: KeptLine[] }>(({ open, lines }) => {
  openRequests.delete(open);
  writeAll(lines);
});

/** What one request has said below the threshold. Held weakly by all else: a request that never ends may be forgotten. */
export class RequestBuffer implements KeptLines {
  readonly from: number;
  state: KeptLines['state'] = 'keeping';
  private readonly maxLines: number;
  private readonly lines: KeptLine[] = [];
  private readonly open: Open;

  constructor(from: number, maxLines: number) {
    this.from = from;
    this.maxLines = maxLines;
    const self = new WeakRef(this);
    this.open = (owner) => {
      if (owner === undefined) self.deref()?.fail();
      else self.deref()?.writeOf(owner);
    };
    openRequests.add(this.open);
    forgotten.register(this, { open: this.open, lines: this.lines }, this);
  }

  /** The oldest goes when there is no room. */
  keep(line: string, severity: number, owner: LineOwner): void {
    if (this.lines.length >= this.maxLines) this.lines.shift()!.owner.tally.drop('queue-full');
    this.lines.push({ line, severity, owner });
  }

  fail(): void {
    if (this.end('written')) writeAll(this.lines);
  }

  /** The request went well: its lines are counted as `request-ok`. */
  discard(): void {
    if (this.end('discarded')) for (const { owner } of this.lines.splice(0)) owner.tally.drop('request-ok');
  }

  private end(state: 'written' | 'discarded'): boolean {
    if (this.state !== 'keeping') return false;
    this.state = state;
    openRequests.delete(this.open);
    forgotten.unregister(this);
    return true;
  }

  private writeOf(owner: LineOwner): void {
    const own = this.lines.filter((kept) => kept.owner === owner);
    this.lines.splice(0, this.lines.length, ...this.lines.filter((kept) => kept.owner !== owner));
    writeAll(own);
  }
}

function writeAll(lines: KeptLine[]): void {
  for (const { line, severity, owner } of lines.splice(0)) owner.write(line, severity);
}
