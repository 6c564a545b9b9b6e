/**
 * The engine process: chDB behind ClickHouse's HTTP interface. Started by `startEngine` with an IPC channel, over which
 * it gets its options and the accepted connections. It ends when told to, or when the channel closes because the
 * parent is gone.
 */
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type BodyFiles, openBodyFiles } from './body-file.ts';
import { findLostEntries, repairDeduplicationLogs } from './deduplication-log.ts';
import { handleRequest } from './http.ts';
import { type FromChild, READERS, type StartMessage, type ToChild, WRITERS } from './ipc.ts';
import { readOwner, writeOwner } from './owner.ts';
import { createSessionPool, quoteString } from './session-pool.ts';

const STOP_WAIT_MS = 5_000;

// Ctrl-C reaches the whole process group. The parent still has to flush; it says when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {});
}

let stop: () => Promise<void> = async () => {};

/** Ends the process, in good order if that takes less than {@link STOP_WAIT_MS}. Nothing acknowledged depends on it. */
function end(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_WAIT_MS).unref();
  stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`stop: ${String(error)}\n`);
      process.exit(1);
    },
  );
}

process.on('disconnect', end);

process.on('message', (message: ToChild, socket: Socket | undefined) => {
  if (message.type === 'start') {
    start(message).then(
      () => tell({ type: 'ready' }),
      (error: unknown) => {
        tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
        process.disconnect();
      },
    );
  } else if (message.type === 'stop') {
    end();
  } else {
    tell({ type: 'taken' });
    // Undefined where the client had gone before the socket arrived.
    if (socket !== undefined) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      http.emit('connection', socket);
      socket.resume();
    }
  }
});

function tell(message: FromChild): void {
  if (process.connected) {
    process.send?.(message);
  }
}

// The parent listens, so that the port stays ours and clients only wait while this process is restarted.
const http = createServer({ maxHeaderSize: 4 * 1024 * 1024, requestTimeout: 0, keepAliveTimeout: 0 });
const sockets = new Set<Socket>();
const inFlight = new Set<Promise<void>>();

async function start(options: StartMessage): Promise<void> {
  const { Session, drainPending } = await import('chdb');
  const data = join(options.dataDir, 'chdb');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const open = (): InstanceType<typeof Session> => new Session(data, { connectionArgs: options.connectionArgs });
  if (findLostEntries(data).length > 0) {
    // Opening proves that no other process has the directory; the repair needs that nobody has.
    open().close();
    await drainPending();
    const repaired = repairDeduplicationLogs(data);
    tell({ type: 'log', line: `engine: ${repaired} inserts were cut short and may be repeated` });
  }
  const control = open();
  const bodies = await openBodies(options);
  await control.queryAsync("SET log_comment = 'breakwater-control'");
  // One at a time, and never by two callers: the control session is not in a pool.
  let controlTail: Promise<unknown> = Promise.resolve();
  const onControl = (sql: string): Promise<void> => {
    const done = controlTail.then(() => control.queryAsync(sql)).then(() => {});
    controlTail = done.catch(() => control.queryAsync('SELECT 1'));
    return done;
  };
  const killByComment = (comment: string): Promise<void> =>
    onControl(`KILL QUERY WHERE Settings['log_comment'] = ${quoteString(comment)} ASYNC`);
  const log = (line: string): void => tell({ type: 'log', line });
  const readers = createSessionPool({ name: 'read', size: READERS, open, killByComment, log });
  const writers = createSessionPool({ name: 'write', size: WRITERS, open, killByComment, log });

  let stopping = false;
  http.on('request', (request, response) => {
    if (stopping) {
      response.destroy();
      return;
    }
    const handled = handleRequest({ ...options, readers, writers, bodies }, request, response);
    inFlight.add(handled);
    void handled.finally(() => inFlight.delete(handled));
  });
  stop = async () => {
    stopping = true;
    stop = () => new Promise(() => {});
    await onControl("KILL QUERY WHERE Settings['log_comment'] LIKE 'breakwater-read-%' ASYNC");
    await Promise.all(inFlight);
    for (const socket of sockets) {
      socket.end();
    }
    readers.close();
    writers.close();
    control.close();
    await drainPending();
    await bodies.close();
  };
}

/** Called after the data directory is locked, so what an earlier process left behind is nobody's any more. */
async function openBodies(options: StartMessage): Promise<BodyFiles> {
  const diskDir = join(options.dataDir, 'bodies');
  await rm(diskDir, { recursive: true, force: true });
  const memoryDir = options.memoryParent === '' ? '' : join(options.memoryParent, `breakwater-${options.instance}`);
  for (const left of [readOwner(options.dataDir)?.memoryDir ?? '', memoryDir]) {
    if (options.memoryParent !== '' && left.startsWith(join(options.memoryParent, 'breakwater-'))) {
      await rm(left, { recursive: true, force: true });
    }
  }
  writeOwner(options.dataDir, { pid: process.pid, serverPid: process.ppid, memoryDir });
  return openBodyFiles({ diskDir, memoryDir });
}
