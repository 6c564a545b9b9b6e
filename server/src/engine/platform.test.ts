import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EngineUnsupportedError } from './errors.ts';
import { checkPlatform, type Platform } from './platform.ts';

const LINUX: Platform = { os: 'linux', arch: 'x64', glibc: true, hasPackage: () => true };

it('names what is missing on a platform without the engine, and the way out', () => {
  checkPlatform(LINUX);
  checkPlatform({ ...LINUX, os: 'darwin', arch: 'arm64' });
  const cases: [platform: Platform, says: RegExp][] = [
    [{ ...LINUX, os: 'win32' }, /win32-x64.*WSL 2/],
    [{ ...LINUX, arch: 'ia32' }, /linux-ia32/],
    [{ ...LINUX, glibc: false }, /musl/],
    [{ ...LINUX, hasPackage: () => false }, /chdb is not installed/],
  ];
  for (const [platform, says] of cases) {
    assert.throws(
      () => checkPlatform(platform),
      (error: unknown) => {
        assert.ok(error instanceof EngineUnsupportedError);
        assert.equal(error.code, 'ENGINE_UNSUPPORTED');
        assert.match(error.message, says);
        assert.match(error.message, /BREAKWATER_CLICKHOUSE_URL/);
        return true;
      },
    );
  }
});
