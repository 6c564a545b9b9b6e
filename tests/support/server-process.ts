import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));

export interface ServerProcess {
  readonly pageUrl: string;
  readonly otlpUrl: string;
  readonly pid: number;
  /** Everything the server printed so far. */
  output(): string;
  /** GET or another method on `/api/v1` + path; throws on an error status, with the problem document's detail. */
  api<T>(path: string, init?: { method?: string; body?: unknown; headers?: Record<string, string> }): Promise<T>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL of the server process alone, as the kernel's out-of-memory killer does it. */
  kill(): Promise<void>;
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'breakwater-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts a real server process on free ports and waits until it is ready. */
export async function startServerProcess(dataDir: string, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@breakwater/source',
      '--disable-warning=ExperimentalWarning',
      main,
      '--port',
      '0',
      '--otlp-port',
      '0',
      '--data',
      dataDir,
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const ready = await new Promise<{ pageUrl: string; otlpUrl: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { pageUrl: string; otlpUrl: string }));
    child.once('exit', (code, signal) =>
      reject(new Error(`The server ended before it was ready (${code ?? signal}):\n${output}`)),
    );
  });
  return {
    ...ready,
    pid: child.pid!,
    output: () => output,
    async api<T>(
      path: string,
      init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
    ): Promise<T> {
      const response = await fetch(`${ready.pageUrl}/api/v1${path}`, {
        method: init.method ?? 'GET',
        headers: { ...(init.body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers },
        ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    stop: () => endOf(child, 'SIGTERM'),
    kill: async () => {
      await endOf(child, 'SIGKILL');
    },
  };
}

function endOf(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.kill(signal);
  });
}

/** Polls until `probe` answers something other than undefined. Rejects after `timeoutMs` with what was awaited. */
export async function waitFor<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs / 1_000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
