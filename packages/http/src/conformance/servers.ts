import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server a test has started. */
export interface TestServer {
  readonly port: number;
  /** Ends it at once, as a crash does; what it kept on disk stays. */
  crash(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** `SIGSTOP` makes it hang, `SIGCONT` go on. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Installs Debian packages when that is possible; whether `isThere` holds afterwards. */
function installed(isThere: () => boolean, packages: readonly string[]): boolean {
  if (isThere()) return true;
  if (process.getuid?.() !== 0) return false;
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { stdio: 'ignore' });
  return isThere();
}

function postgresBin(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).filter((version) => existsSync(join(root, version, 'bin/initdb')));
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(root, newest, 'bin');
}

/** A new PostgreSQL with user `postgres` and no password, or why there is none. `tls`: with a certificate of its own. */
export async function startPostgres(given: { readonly tls?: boolean } = {}): Promise<TestServer | string> {
  if (!installed(() => postgresBin() !== undefined, ['postgresql'])) return 'PostgreSQL is not installed';
  const bin = postgresBin()!;
  const folder = mkdtempSync(join(tmpdir(), 'bw-http-pg-'));
  const root = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root.
  const as = (command: string, args: string[]): [string, string[]] =>
    root ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];
  if (root) {
    chmodSync(folder, 0o755);
    spawnSync('chown', ['postgres', folder]);
  }
  const data = join(folder, 'data');
  const made = spawnSync(...as(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync']));
  if (made.status !== 0) return `initdb failed: ${made.stderr}`;
  const options = ['-D', data, '-h', '127.0.0.1', '-k', folder, '-F'];
  if (given.tls === true) {
    const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', key];
    if (spawnSync(...as('openssl', [...request, '-out', certificate])).status !== 0) return 'openssl failed';
    spawnSync(...as('chmod', ['600', key]));
    options.push('-c', 'ssl=on');
  }
  const port = await freePort();
  options.push('-p', String(port));
  // Not through runuser, which would keep the signal that ends it.
  const user = root ? { uid: Number(spawnSync('id', ['-u', 'postgres']).stdout.toString()) } : {};
  const start = (): ChildProcess =>
    spawn(join(bin, 'postgres'), options, { stdio: ['ignore', 'ignore', 'pipe'], ...user });
  const ready = 'database system is ready to accept connections';
  return running(port, folder, start, ready, { stop: 'SIGINT', crash: 'SIGQUIT' });
}

/** A new Redis, or why there is none. */
export async function startRedis(more: readonly string[] = []): Promise<TestServer | string> {
  const isThere = (): boolean => spawnSync('redis-server', ['--version']).status === 0;
  if (!installed(isThere, ['redis-server'])) return 'Redis is not installed';
  const folder = mkdtempSync(join(tmpdir(), 'bw-http-redis-'));
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...more];
  const start = (): ChildProcess => spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  return running(port, folder, start, 'Ready to accept connections', { stop: 'SIGTERM', crash: 'SIGKILL' });
}

async function running(
  port: number,
  folder: string,
  spawnIt: () => ChildProcess,
  ready: string,
  signals: { readonly stop: NodeJS.Signals; readonly crash: NodeJS.Signals },
): Promise<TestServer> {
  let child = spawnIt();
  await untilSays(child, ready);
  return {
    port,
    crash: () => end(child, signals.crash),
    async start() {
      child = spawnIt();
      await untilSays(child, ready);
    },
    signal: (signal) => void child.kill(signal),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await end(child, signals.stop);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function untilSays(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const stream = (child.stderr ?? child.stdout)!;
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000);
      if (said.includes(text)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
