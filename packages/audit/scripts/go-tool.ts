import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/breakwater-go/', import.meta.url));

/**
 * Path of a program of the Go module proxy (`filippo.io/torchwood/cmd/litewitness@v0.6.1`), built once for this checkout.
 * Text that begins with `skip: ` where this machine has no Go or the proxy cannot be reached.
 */
export function goTool(program: string): string {
  const [path = '', version = ''] = program.split('@');
  const name = path.split('/').at(-1)!;
  const target = join(cache, `${name}-${version}`);
  if (existsSync(target)) return target;
  if (spawnSync('go', ['version']).status !== 0) return 'skip: there is no go on the PATH';
  const building = join(cache, `${process.pid}`);
  mkdirSync(building, { recursive: true });
  const done = spawnSync('go', ['install', '-ldflags=-s -w', program], {
    env: { ...process.env, GOBIN: building, GOFLAGS: '-mod=mod' },
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (done.status !== 0) {
    const why = done.stderr.trim().split('\n').at(-1) ?? '';
    if (/dial tcp|no such host|403 Forbidden|502|503|i\/o timeout/.test(done.stderr)) return `skip: ${why}`;
    throw new Error(`go install ${program} failed: ${done.stderr}`);
  }
  renameSync(join(building, name), target);
  return target;
}
