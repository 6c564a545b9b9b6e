import { join } from 'node:path';
import { createApiServer } from './api/http.ts';
import type { StatusAnswer } from './api/types.ts';
import { createAuth, type FirstLogin } from './auth/auth.ts';
import { type Config, isLoopback, listenHost, localHost, urlHost } from './config.ts';
import { ensureDataDir } from './data-dir.ts';
import { createDetector } from './detector.ts';
import { type Engine, startEngine } from './engine/engine.ts';
import { createErrorExtraction } from './errors/extract.ts';
import { createErrorGroups } from './errors/groups.ts';
import { createOtlpServer } from './ingest/otlp-server.ts';
import { createLiveStream } from './pipeline/live-stream.ts';
import { createPipeline } from './pipeline/pipeline.ts';
import { openState } from './state/state.ts';
import { openStore } from './store/store.ts';

export const VERSION = '0.1.0';

/** Where a started app listens, and what is shown once: the login and ingest key made at the first guarded start. */
export interface AppAddresses {
  readonly pageUrl: string;
  readonly otlpUrl: string;
  /** The same for a process on this machine. */
  readonly localOtlpUrl: string;
  readonly firstLogin: FirstLogin | null;
}

export interface App {
  /** Starts the parts in order. A failure stops what had started and rejects with that part's own error. */
  start(): Promise<AppAddresses>;
  /** Finishes requests, writes what is in flight, then stops the rest. May be called at any time, and again. */
  stop(): Promise<void>;
}

export interface AppOptions {
  readonly log: (line: string) => void;
  /** Progress of the start, one short line a step. */
  readonly onStep?: (step: string) => void;
}

/** The whole server in this process; the embedded engine is its only child. */
export function createApp(config: Config, { log, onStep = () => undefined }: AppOptions): App {
  const startedAt = Date.now();
  const stops: (() => Promise<void> | void)[] = [];
  let stopping: Promise<void> | null = null;

  async function start(): Promise<AppAddresses> {
    try {
      return await startParts();
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async function startParts(): Promise<AppAddresses> {
    ensureDataDir(config.dataDir);
    const engine = config.clickhouse === null ? await startEmbedded() : null;
    onStep('Opening the store');
    const store = await openStore({
      ...(engine ?? config.clickhouse!),
      ...(engine === null ? {} : { engineState: () => engine.state }),
      log,
    });
    stops.push(() => store.close());

    const state = openState(join(config.dataDir, 'state.sqlite'));
    stops.push(() => state.close());

    const live = createLiveStream({ log });
    const groups = createErrorGroups({ state, store, log });
    const detector = createDetector({
      state,
      store,
      intervalMs: config.evaluationIntervalMs,
      publicUrl: config.publicUrl,
      reopenAfterMs: config.reopenAfterMs,
      log,
    });
    const auth = isLoopback(config.host) ? null : createAuth({ state, extraIngestKey: config.demoIngestKey });
    // A login that is made now is new already.
    const made = (await auth?.ensureFirstLogin()) ?? null;
    const firstLogin = made ?? (config.newLogin && auth ? await auth.renewLogin() : null);

    const pipeline = createPipeline({
      store,
      toErrorEvents: createErrorExtraction(),
      onStored: live,
    });
    const otlp = createOtlpServer({
      host: config.host,
      port: config.otlpPort,
      sink: pipeline,
      log,
      ...(auth === null ? {} : { checkKey: auth.checkIngestKey }),
    });
    const { port: otlpPort } = await otlp.start();
    stops.push(() => otlp.stop());
    const otlpUrl = `http://${urlHost(config.host)}:${otlpPort}`;

    const status = async (): Promise<StatusAnswer> => ({
      version: VERSION,
      startedAt,
      otlpEndpoint: `http://${listenHost(config.host)}:${otlpPort}`,
      store: { kind: engine === null ? 'remote' : 'embedded', state: store.state(), ...(await store.stats()) },
      ingest: otlp.counters,
      auth: { required: auth !== null, user: null },
      demo: { available: config.demoUrl !== null },
    });
    const api = createApiServer({
      host: config.host,
      port: config.port,
      store,
      live,
      detector,
      groups,
      status,
      staticDir: config.staticDir,
      demoUrl: config.demoUrl,
      auth,
      log,
    });
    const { port } = await api.start();
    stops.push(() => api.stop());
    detector.start();
    stops.push(() => detector.stop());
    return {
      pageUrl: `http://${urlHost(config.host)}:${port}`,
      otlpUrl,
      localOtlpUrl: `http://${localHost(config.host)}:${otlpPort}`,
      firstLogin,
    };
  }

  async function startEmbedded(): Promise<Engine> {
    onStep('Starting the embedded engine');
    const engine = await startEngine({ dataDir: join(config.dataDir, 'telemetry'), log });
    stops.push(() => engine.stop());
    return engine;
  }

  async function stopParts(): Promise<void> {
    for (const stopPart of stops.toReversed()) {
      try {
        await stopPart();
      } catch (error) {
        log(`stopping: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  function stop(): Promise<void> {
    stopping ??= stopParts();
    return stopping;
  }

  return { start, stop };
}
