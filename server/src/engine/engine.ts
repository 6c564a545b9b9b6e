import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EngineLockedError, EngineStartError } from './errors.ts';
import { createHandOver } from './hand-over.ts';
import { type FromChild, READERS, type StartMessage, type ToChild, WRITERS } from './ipc.ts';
import { readOwner } from './owner.ts';
import { checkPlatform, currentPlatform } from './platform.ts';

export { EngineLockedError, EngineStartError, EngineUnsupportedError } from './errors.ts';

export interface EngineOptions {
  /** Created when missing. One process at a time. */
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /**
   * What the engine may allocate before it refuses queries (ClickHouse code 241). Default: a quarter of the memory, at
   * least 512 MiB and at most 2 GiB.
   */
  readonly maxMemoryBytes?: number;
}

export type EngineState = 'ready' | 'restarting' | 'failed';

/**
 * A running embedded engine: a ClickHouse HTTP address on loopback. When the engine's process dies it is started again
 * behind the same address, and connections made meanwhile wait; requests that were under way fail with a connection
 * error and may be repeated (an insert with the same `insert_deduplication_token`).
 */
export interface Engine {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** `failed`: ten starts in a row went wrong. A start is still tried every 30 s, and may lead back to `ready`. */
  readonly state: EngineState;
  /** Of the engine's process, undefined while there is none. */
  readonly pid: number | undefined;
  /** Calls the listener at every change of state. Returns the function that ends that. */
  onState(listener: (state: EngineState) => void): () => void;
  /** Lets what is being written finish (up to 5 s), ends the process and closes the port. May be called again. */
  stop(): Promise<void>;
}

/** A process that lived shorter counts as one in a row of crashes, which are followed by longer and longer pauses. */
const LONG_LIFE_MS = 10_000;
const LAST_CRASH_PAUSE_MS = 1_000;
const FIRST_BACK_OFF_MS = 100;
const LAST_BACK_OFF_MS = 5_000;
const FAILED_AFTER_STARTS = 10;
const FAILED_RETRY_MS = 30_000;
/** Longer than the child gives itself. */
const STOP_WAIT_MS = 10_000;

/**
 * Starts chDB in a child process of its own and resolves when it answers.
 *
 * Rejects with {@link EngineUnsupportedError} (no chDB for this platform), {@link EngineLockedError} (another process
 * has the directory open) or {@link EngineStartError} (directory not writable, or the engine's own reason).
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  checkPlatform(currentPlatform());
  const dataDir = resolve(options.dataDir);
  prepareDirectory(dataDir);
  const start = toStartMessage(dataDir, options.maxMemoryBytes ?? defaultMemoryBytes());
  const listeners = new Set<(state: EngineState) => void>();
  let state: EngineState = 'restarting';
  let child: ChildProcess | undefined;
  let failedStarts = 0;
  let crashes = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let stopped: Promise<void> | undefined;

  const setState = (next: EngineState): void => {
    if (next !== state) {
      state = next;
      for (const listener of listeners) {
        listener(next);
      }
    }
  };

  const handOver = createHandOver();
  const onReady = (ready: ChildProcess): void => {
    child = ready;
    failedStarts = 0;
    setState('ready');
    handOver.to(ready);
    const readyAt = performance.now();
    ready.once('exit', (code, signal) => {
      child = undefined;
      if (stopped === undefined) {
        options.log(`engine: process ${ready.pid} ended unexpectedly (${signal ?? code}), starting again`);
        setState('restarting');
        crashes = performance.now() - readyAt < LONG_LIFE_MS ? crashes + 1 : 1;
        const pauseMs = crashes === 1 ? 0 : Math.min(LAST_CRASH_PAUSE_MS, FIRST_BACK_OFF_MS * 2 ** (crashes - 2));
        retryTimer = setTimeout(restart, pauseMs);
      }
    });
  };

  const restart = (): void => {
    launch(start, options.log, (starting) => {
      child = starting;
    }).then(onReady, (error: unknown) => {
      child = undefined;
      failedStarts++;
      if (stopped !== undefined) {
        return;
      }
      options.log(`engine: start ${failedStarts} failed: ${error instanceof Error ? error.message : String(error)}`);
      const failed = failedStarts >= FAILED_AFTER_STARTS;
      setState(failed ? 'failed' : 'restarting');
      const backOffMs = Math.min(LAST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failedStarts - 1));
      retryTimer = setTimeout(restart, failed ? FAILED_RETRY_MS : backOffMs);
    });
  };

  onReady(await launch(start, options.log, () => {}));
  const port = createServer({ pauseOnConnect: true }, handOver.add);
  try {
    await new Promise<void>((done, fail) => {
      port.once('error', fail);
      port.listen(0, '127.0.0.1', done);
    });
  } catch (error) {
    await endChild(child);
    throw new EngineStartError('the engine could not open a port on 127.0.0.1', { cause: error });
  }

  return {
    url: `http://127.0.0.1:${(port.address() as AddressInfo).port}`,
    username: start.username,
    password: start.password,
    get state() {
      return state;
    },
    get pid() {
      return child?.pid;
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopped ??= (async () => {
        clearTimeout(retryTimer);
        port.close();
        handOver.close();
        await endChild(child);
        setState('failed');
        listeners.clear();
      })();
      return stopped;
    },
  };
}

function prepareDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new EngineStartError(`data directory ${dataDir} is not writable (${reason}): choose another`, {
      cause: error,
    });
  }
}

function defaultMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.min(2 * 1024 ** 3, Math.max(512 * 1024 ** 2, Math.floor(memory / 4)));
}

function toStartMessage(dataDir: string, maxMemoryBytes: number): StartMessage {
  if (!Number.isSafeInteger(maxMemoryBytes) || maxMemoryBytes < 256 * 1024 ** 2) {
    throw new RangeError(`startEngine: maxMemoryBytes must be an integer of at least 268435456, got ${maxMemoryBytes}`);
  }
  const share = (part: number): number => Math.floor(maxMemoryBytes * part);
  return {
    type: 'start',
    dataDir,
    username: 'breakwater',
    password: randomBytes(24).toString('hex'),
    connectionArgs: [
      `--max_server_memory_usage=${maxMemoryBytes}`,
      // Parameters become part of a SET statement; a long list of ids must fit.
      `--max_query_size=${16 * 1024 ** 2}`,
      `--max_memory_usage=${share(0.7)}`,
      `--max_bytes_before_external_group_by=${share(0.3)}`,
      `--max_bytes_before_external_sort=${share(0.3)}`,
      `--mark_cache_size=${share(0.06)}`,
      `--index_mark_cache_size=${share(0.03)}`,
    ],
    memoryParent: process.platform === 'linux' ? '/dev/shm' : '',
    instance: randomBytes(8).toString('hex'),
  };
}

/** What chDB says when another process has the data directory. */
const LOCKED = /Cannot lock file|Another server instance/;

/** Starts one engine process. `onSpawn` gets it before it is ready, so that it can be stopped meanwhile. */
async function launch(
  start: StartMessage,
  log: (line: string) => void,
  onSpawn: (child: ChildProcess) => void,
): Promise<ChildProcess> {
  const entry = import.meta.url.endsWith('.ts') ? './child.ts' : './child.js';
  // Options and test context of this process are not meant for the child.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = fork(fileURLToPath(new URL(entry, import.meta.url)), [], {
    execArgv: [],
    // A query holds a thread of the pool for as long as it runs; files and DNS need some as well.
    env: { ...env, UV_THREADPOOL_SIZE: String(READERS + WRITERS + 8), TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onSpawn(child);
  const lastLines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) {
      createInterface({ input: output }).on('line', (line) => {
        lastLines.push(line);
        lastLines.splice(0, lastLines.length - 20);
        // The error that follows says it better, and once.
        if (!LOCKED.test(line)) log(`engine: ${line}`);
      });
    }
  }
  return new Promise((done, fail) => {
    let reason = '';
    child.on('error', fail);
    child.on('message', (message: FromChild) => {
      if (message.type === 'ready') {
        child.removeListener('close', onClose);
        done(child);
      } else if (message.type === 'failed') {
        reason = message.message;
      } else if (message.type === 'log') {
        log(message.line);
      }
    });
    // `close` comes after the last line of output, where chDB says why.
    const onClose = (code: number | null, signal: NodeJS.Signals | null): void => {
      fail(toStartError(start.dataDir, reason, lastLines, signal ?? `exit code ${code}`));
    };
    child.once('close', onClose);
    child.send(start);
  });
}

function toStartError(dataDir: string, reason: string, lines: readonly string[], ending: string): Error {
  const output = lines.join('\n');
  if (LOCKED.test(output + reason)) {
    const owner = readOwner(dataDir);
    return new EngineLockedError(dataDir, owner?.serverPid ?? owner?.pid);
  }
  const detail = lines.findLast((line) => line.includes('Exception')) ?? lines.at(-1) ?? '';
  const text = [reason, detail].filter((part) => part !== '').join(': ');
  return new EngineStartError(`the engine could not start in ${join(dataDir, 'chdb')}: ${text === '' ? ending : text}`);
}

async function endChild(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const closed = new Promise((done) => child.once('close', done));
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
  if (child.connected) {
    child.send({ type: 'stop' } satisfies ToChild, () => {});
  }
  await closed;
  clearTimeout(timer);
}
