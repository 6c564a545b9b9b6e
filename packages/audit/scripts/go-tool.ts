import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/breakwater-go/', import.meta.url));

/** Go's C2SP witness; 20 seconds to build on 2 cores. */
export const LITEWITNESS = 'filippo.io/torchwood/cmd/litewitness@v0.6.1';
/** An S3 server over a directory. More than a minute to build on 2 cores, so the tests do not; see build-s3-server.ts. */
export const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

/** Where `goTool` puts a program, built or not. */
export function goToolPath(program: string): string {
  const [path = '', version = ''] = program.split('@');
  return join(cache, `${basename(path)}-${version}`);
}

/**
 * Path of a program of the Go module proxy, built once for this checkout. Text that begins with `skip: ` where this
 * machine has no Go or the proxy cannot be reached.
 */
export function goTool(program: string): string {
  const target = goToolPath(program);
  if (existsSync(target)) return target;
  if (spawnSync('go', ['version']).status !== 0) return 'skip: there is no go on the PATH';
  const building = join(cache, `${process.pid}`);
  mkdirSync(building, { recursive: true });
  try {
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
    renameSync(join(building, basename(program.split('@')[0]!)), target);
    return target;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}
