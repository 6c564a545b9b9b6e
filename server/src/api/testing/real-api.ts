/** The API over a store in the real engine, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../engine/engine.ts';
import { openStore, type Store } from '../../store/store.ts';
import { startTestApi, type TestApi } from './api-server.ts';

export interface RealApi extends TestApi {
  readonly store: Store;
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
    stop: async () => {
      await api.stop();
      await store.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
