import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '../../engine/engine.ts';
import { openStore, type Store, type StoreOptions } from '../store.ts';

export interface TestStore {
  readonly engine: Engine;
  readonly store: Store;
  readonly dataDir: string;
  /** What engine and store had to say. */
  readonly lines: readonly string[];
  /** Closes the store, stops the engine and removes the folder. */
  remove(): Promise<void>;
}

/** A store on an engine of its own. `dataDir`: an existing folder, which is kept. */
export async function openTestStore(options: Partial<StoreOptions> = {}, dataDir?: string): Promise<TestStore> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'breakwater-store-'));
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const engine = await startEngine({ dataDir: folder, log });
  const { url, username, password } = engine;
  const store = await openStore({ url, username, password, engineState: () => engine.state, log, ...options });
  return {
    engine,
    store,
    dataDir: folder,
    lines,
    async remove() {
      await store.close();
      await engine.stop();
      if (dataDir === undefined) {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
