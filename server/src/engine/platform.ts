import { createRequire } from 'node:module';
import { EngineUnsupportedError } from './errors.ts';

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
const REMEDY = 'set BREAKWATER_CLICKHOUSE_URL to a ClickHouse server instead';

/** What decides whether chDB can run here. Passed in so that it can be tested. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
  readonly glibc: boolean;
  readonly hasPackage: (name: string) => boolean;
}

export function currentPlatform(): Platform {
  const { resolve } = createRequire(import.meta.url);
  return {
    os: process.platform,
    arch: process.arch,
    glibc: process.platform !== 'linux' || hasGlibc(),
    hasPackage(name) {
      try {
        resolve(name);
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** Throws {@link EngineUnsupportedError} with what is missing and what to do. */
export function checkPlatform(platform: Platform): void {
  const key = `${platform.os}-${platform.arch}`;
  if (!PLATFORMS.includes(key)) {
    const hint = platform.os === 'win32' ? 'use WSL 2, or ' : '';
    throw new EngineUnsupportedError(`the embedded store does not exist for ${key}: ${hint}${REMEDY}`);
  }
  if (!platform.glibc) {
    throw new EngineUnsupportedError(`the embedded store needs glibc, and this system has musl (Alpine): ${REMEDY}`);
  }
  if (!platform.hasPackage('chdb')) {
    throw new EngineUnsupportedError(`the optional package chdb is not installed: run npm ci, or ${REMEDY}`);
  }
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}
