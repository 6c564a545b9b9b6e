/** The API over a store in the real engine, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '../../engine/engine.ts';
import { openStore, type Store } from '../../store/store.ts';
import { startTestApi, type TestApi } from './api-server.ts';

export interface RealApi extends TestApi {
  readonly store: Store;
  /** Merges the table to one part, with all its indexes. */
  optimize(table: string): Promise<void>;
}

export async function startRealApi(): Promise<RealApi> {
  const folder = await mkdtemp(join(tmpdir(), 'bw-api-'));
  const engine = await startEngine({ dataDir: folder, log: () => {} });
  const { url, username, password } = engine;
  const store = await openStore({ url, username, password, flushIntervalMs: 20, log: () => {} });
  const api = await startTestApi({ store });
  return {
    ...api,
    store,
    optimize: (table) => optimize(engine, table),
    stop: async () => {
      await api.stop();
      await store.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Merges a table of the store to one part, with all its indexes: an insert may leave them to the merge. */
export async function optimize({ url, username, password }: Engine, table: string): Promise<void> {
  const authorization = `Basic ${btoa(`${username}:${password}`)}`;
  const body = `OPTIMIZE TABLE breakwater.${table} FINAL`;
  const response = await fetch(url, { method: 'POST', body, headers: { authorization } });
  if (!response.ok) throw new Error(`OPTIMIZE answered ${response.status}: ${await response.text()}`);
}
