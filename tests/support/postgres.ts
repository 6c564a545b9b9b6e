import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BASE = '/usr/lib/postgresql';

/** A PostgreSQL server of its own, on a free port of loopback. */
export interface Postgres {
  readonly url: string;
  stop(): void;
}

function binaries(): string | undefined {
  if (!existsSync(BASE)) return undefined;
  const versions = readdirSync(BASE).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(BASE, version, 'bin')).find((path) => existsSync(join(path, 'initdb')));
}

/** Debian's PostgreSQL, installed when it is missing and this process may; else the reason why not. */
export function findPostgres(): { readonly bin: string } | { readonly missing: string } {
  const found = binaries();
  if (found !== undefined) return { bin: found };
  if (process.getuid?.() !== 0) return { missing: `${BASE} is missing and this user may not install it` };
  if (spawnSync('which', ['apt-get']).status !== 0) return { missing: `${BASE} is missing and there is no apt-get` };
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'postgresql'];
  for (const args of [['update', '-qq'], install]) {
    const { status } = spawnSync('apt-get', args, { env, stdio: 'ignore' });
    if (status !== 0) return { missing: `"apt-get ${args.join(' ')}" ended with ${status}` };
  }
  const bin = binaries();
  return bin === undefined ? { missing: 'apt-get installed postgresql but it is not there' } : { bin };
}

/** Starts PostgreSQL with a fresh cluster in a temporary folder and waits until it takes connections. */
export async function startPostgres(bin: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-postgres-'));
  const data = join(folder, 'data');
  const port = await freePort();
  // PostgreSQL refuses to run as root.
  const asRoot = process.getuid?.() === 0;
  const run = (program: string, args: readonly string[]): void => {
    const command = join(bin, program);
    const [file, all] = asRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, [...args]];
    // pg_ctl leaves the server its own output, so a pipe would never end.
    execFileSync(file as string, all as string[], { cwd: folder, stdio: 'ignore' });
  };
  if (asRoot) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o700);
  run('initdb', ['-D', data, '-U', 'test', '--auth=trust', '--no-sync', '-E', 'UTF8']);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  run('pg_ctl', ['-D', data, '-w', '-t', '60', '-l', join(folder, 'log'), '-o', options, 'start']);
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    stop() {
      try {
        run('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop']);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
