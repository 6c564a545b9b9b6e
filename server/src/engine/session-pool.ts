import type { Session } from 'chdb';

/** What a query may bring with it. Everything is undone before the session serves another query. */
export interface SessionState {
  readonly database: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values as they come over HTTP: in the escaped form of TSV. */
  readonly params: ReadonlyMap<string, string>;
}

export interface QueryOutput {
  readonly bytes: Uint8Array;
  /** Of the result; of the file an insert read. */
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedSeconds: number;
}

/** A session checked out by one caller. */
export interface Lease {
  /** Runs one statement with the state applied. Rejects with chDB's error. */
  run(sql: string, format: string, state: SessionState): Promise<QueryOutput>;
  /** Stops what is running on this session, from another one. Does nothing when nothing runs. */
  kill(): void;
  release(): void;
}

export interface SessionPool {
  /** Waits for a free session in order of arrival. Rejects with the signal's reason when it aborts first. */
  acquire(signal: AbortSignal): Promise<Lease>;
  readonly waiting: number;
  close(): void;
}

/**
 * A fixed number of chDB sessions on one data directory, each used by one caller at a time, because a chDB session
 * - runs one query at a time, and a second one would block a thread,
 * - keeps what SET changed,
 * - prepends the partial output of a failed query to the answer of the next: so after any error one `SELECT 1` is run
 *   and thrown away before the session is given to anyone else.
 */
export function createSessionPool(options: {
  readonly name: string;
  readonly size: number;
  readonly open: () => Session;
  /** Runs KILL QUERY on a session outside the pool. */
  readonly killByComment: (comment: string) => Promise<void>;
  readonly log: (line: string) => void;
}): SessionPool {
  const idle: PooledSession[] = [];
  const all: PooledSession[] = [];
  const queue: { grant: (session: PooledSession) => void }[] = [];
  for (let i = 0; i < options.size; i++) {
    const session = openPooled(options.open, `breakwater-${options.name}-${i}`);
    idle.push(session);
    all.push(session);
  }

  function giveBack(session: PooledSession): void {
    const next = queue.shift();
    if (next === undefined) {
      idle.push(session);
    } else {
      next.grant(session);
    }
  }

  async function clean(session: PooledSession): Promise<void> {
    try {
      await session.kill;
      if (session.dirty) {
        await session.native.queryAsync('SELECT 1');
        session.dirty = false;
      }
    } catch (error) {
      options.log(`engine: session ${session.comment} is reopened after: ${String(error)}`);
      session.native.close();
      session.native = options.open();
      session.applied = undefined;
      session.dirty = false;
    }
    session.kill = undefined;
  }

  function lease(session: PooledSession): Lease {
    let running = false;
    let released = false;
    return {
      async run(sql, format, state) {
        running = true;
        try {
          await applyState(session, state);
          const result = await session.native.queryAsync(sql, { format });
          return {
            bytes: result.bytes(),
            rowsRead: result.rowsRead,
            bytesRead: result.bytesRead,
            elapsedSeconds: result.elapsed,
          };
        } catch (error) {
          session.dirty = true;
          throw error;
        } finally {
          running = false;
        }
      },
      kill() {
        if (running && session.kill === undefined) {
          session.kill = options.killByComment(session.comment);
        }
      },
      release() {
        if (!released) {
          released = true;
          clean(session).then(
            () => giveBack(session),
            // Reopening failed: the engine itself is gone, and the supervisor's restart is the cure.
            (error: unknown) => process.nextTick(() => throwOutside(error)),
          );
        }
      },
    };
  }

  return {
    get waiting() {
      return queue.length;
    },
    acquire(signal) {
      if (signal.aborted) {
        return Promise.reject(signal.reason);
      }
      const session = idle.pop();
      if (session !== undefined) {
        return Promise.resolve(lease(session));
      }
      return new Promise((resolve, reject) => {
        const waiter = {
          grant(granted: PooledSession) {
            signal.removeEventListener('abort', onAbort);
            resolve(lease(granted));
          },
        };
        const onAbort = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        queue.push(waiter);
      });
    },
    close() {
      for (const session of all) {
        session.native.close();
      }
    },
  };
}

function throwOutside(error: unknown): never {
  throw error;
}

interface PooledSession {
  native: Session;
  /** Set as `log_comment`: how KILL QUERY finds what runs here, because chDB makes up its query ids. */
  readonly comment: string;
  dirty: boolean;
  kill: Promise<void> | undefined;
  /** undefined: freshly opened. */
  applied: SessionState | undefined;
}

function openPooled(open: () => Session, comment: string): PooledSession {
  return { native: open(), comment, dirty: false, kill: undefined, applied: undefined };
}

async function applyState(session: PooledSession, state: SessionState): Promise<void> {
  const changes: string[] = session.applied === undefined ? [`log_comment = ${quoteString(session.comment)}`] : [];
  const applied = session.applied?.settings ?? new Map<string, string>();
  for (const name of applied.keys()) {
    if (!state.settings.has(name)) {
      changes.push(`${name} = DEFAULT`);
    }
  }
  for (const [name, value] of state.settings) {
    if (applied.get(name) !== value) {
      changes.push(`${name} = ${quoteString(value)}`);
    }
  }
  for (const [name, value] of state.params) {
    changes.push(`param_${name} = ${quoteString(value)}`);
  }
  // SET is all or nothing, so `applied` is right also after an error here.
  if (changes.length > 0) {
    await session.native.queryAsync(`SET ${changes.join(', ')}`);
    session.applied = { ...state, database: session.applied?.database ?? '' };
  }
  if (session.applied?.database !== state.database) {
    await session.native.queryAsync(`USE ${quoteIdentifier(state.database)}`);
    session.applied = state;
  }
}

/** A ClickHouse string literal that stands for exactly this text. */
export function quoteString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
