import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who has the data directory open, written beside the data after the engine locked it. */
export interface Owner {
  readonly pid: number;
  readonly serverPid: number;
  /** Its folder on the memory file system, or ''. */
  readonly memoryDir: string;
}

export function writeOwner(dataDir: string, owner: Owner): void {
  writeFileSync(join(dataDir, 'owner.json'), JSON.stringify(owner), { mode: 0o600 });
}

/** Undefined where nothing readable is there: it only helps to explain and to tidy up. */
export function readOwner(dataDir: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8'));
    const { pid, serverPid, memoryDir } = value as Record<string, unknown>;
    return typeof pid === 'number' && typeof serverPid === 'number' && typeof memoryDir === 'string'
      ? { pid, serverPid, memoryDir }
      : undefined;
  } catch {
    return undefined;
  }
}
