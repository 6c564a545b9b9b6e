import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { EngineState } from '../engine/engine.ts';
import type { ErrorEvent, LogRecord, MetricPoint, SpanRecord } from '../telemetry/records.ts';
import type { SendRows } from './deliver.ts';
import type { Column } from './encode-attributes.ts';
import { createErrorEncoder } from './encode-errors.ts';
import { createLogEncoder, type RowEncoder } from './encode-logs.ts';
import { createMetricEncoder } from './encode-metrics.ts';
import { createSpanEncoder } from './encode-spans.ts';
import { StoreMigrationError, StoreUnavailableError } from './errors.ts';
import { createFieldCatalogue } from './field-catalogue.ts';
import { clickhouseCodeOf } from './insert-failure.ts';
import { migrate, readMigrations } from './migrate.ts';
import { type QueryOptions, type QueryResult, readQuery } from './read-query.ts';
import { createTableWriter, type TableWriter } from './table-writer.ts';

export {
  StoreMigrationError,
  StoreOverloadedError,
  StoreQueryError,
  StoreRecordRefusedError,
  StoreUnavailableError,
} from './errors.ts';
export type { QueryOptions, QueryResult } from './read-query.ts';

export interface StoreOptions {
  /** Of a ClickHouse HTTP interface: the embedded engine's, or a server's. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Default `breakwater`. Created when missing. */
  readonly database?: string;
  /** Rows at which a batch is sent at once. Default 20,000. */
  readonly flushRows?: number;
  /** The longest a batch waits to fill while the store keeps up. Default 1,000. */
  readonly flushIntervalMs?: number;
  /** Rows per table that may wait to be written. Default 200,000. */
  readonly maxPendingRows?: number;
  /** State of the embedded engine; leave out for a server. */
  readonly engineState?: () => EngineState;
  readonly log: (line: string) => void;
}

export type StoreState = 'ready' | 'restarting' | 'unavailable';

/** Telemetry in ClickHouse: batched writes, read-only queries. */
export interface Store {
  /**
   * Resolves when the records are durable. Rejects with an error that has `retryAfterSeconds` when it may be tried
   * again (StoreOverloadedError: nothing was taken; StoreUnavailableError), and with StoreRecordRefusedError when not.
   * The same holds for the three others.
   */
  insertLogs(records: readonly LogRecord[]): Promise<void>;
  insertSpans(records: readonly SpanRecord[]): Promise<void>;
  insertMetricPoints(records: readonly MetricPoint[]): Promise<void>;
  insertErrorEvents(records: readonly ErrorEvent[]): Promise<void>;
  /**
   * One SELECT with `{name:Type}` parameters. Rows are objects; 64-bit integers are decimal strings, and the doubles
   * JSON has no number for are "nan", "inf" and "-inf". Rejects with StoreQueryError, StoreUnavailableError or the
   * signal's reason.
   */
  query<T>(sql: string, params?: Record<string, unknown>, options?: QueryOptions): Promise<QueryResult<T>>;
  /** Whether inserts are taken at the moment. */
  hasRoom(): boolean;
  /** Of all telemetry tables. */
  stats(): Promise<{ rows: number; bytesOnDisk: number }>;
  state(): StoreState;
  /** Takes no more records, writes those it has, and closes the connections. */
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 60_000;
/** Long enough for an engine that is being restarted. */
const CLOSE_GIVE_UP_MS = 10_000;

const FIELD_COLUMNS: [string, ...string[]] = ['signal', 'level', 'key', 'type', 'seen', 'service'];

/** Connects, creates the database and applies the migrations it lacks. Rejects with StoreMigrationError or StoreUnavailableError. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const database = options.database ?? 'breakwater';
  const flushRows = requirePositive('flushRows', options.flushRows ?? 20_000);
  const flushIntervalMs = requirePositive('flushIntervalMs', options.flushIntervalMs ?? 1_000);
  const maxPendingRows = requirePositive('maxPendingRows', options.maxPendingRows ?? 200_000);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(database)) {
    throw new RangeError(`openStore: database must be an identifier, got ${JSON.stringify(database)}`);
  }
  const client = connect(options, database);
  const withoutDatabase = connect(options, undefined);
  try {
    const migrations = readMigrations(new URL('./migrations/', import.meta.url));
    await migrate({ withoutDatabase, inDatabase: client }, database, migrations, options.log);
  } catch (error) {
    await client.close();
    if (error instanceof StoreMigrationError) {
      throw error;
    }
    throw new StoreUnavailableError(
      'STORE_UNAVAILABLE',
      `the store at ${options.url} cannot be opened: ${openingFailure(error)}`,
      5,
      { cause: error },
    );
  } finally {
    await withoutDatabase.close();
  }

  const now = Date.now;
  const catalogue = createFieldCatalogue({ now, log: options.log });
  let closingSince: number | undefined;
  let fieldsWritten: Promise<void> | undefined;

  /** Best effort, beside the writes: what could not be written is tried again after the next insert. */
  const writeFields = (): void => {
    const fields = fieldsWritten === undefined ? catalogue.takeNew() : [];
    if (fields.length > 0) {
      fieldsWritten = client
        .insert({ table: 'fields', values: fields, columns: FIELD_COLUMNS, format: 'JSONEachRow' })
        .then(
          () => {},
          (error: unknown) => {
            catalogue.putBack(fields);
            options.log(`store: could not write attribute keys: ${String(error).slice(0, 300)}`);
          },
        )
        .finally(() => {
          fieldsWritten = undefined;
        });
    }
  };

  const instance = randomBytes(8).toString('hex');
  const createWriter = <T>(encoder: RowEncoder<T>): TableWriter<T> =>
    createTableWriter({
      encoder,
      send: createSender(client, encoder),
      flushRows,
      flushIntervalMs,
      maxPendingRows,
      instance,
      now,
      schedule(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      hopeless: () =>
        options.engineState?.() === 'failed' || (closingSince !== undefined && now() - closingSince > CLOSE_GIVE_UP_MS),
      onStored: writeFields,
      log: options.log,
    });
  const logs = createWriter(createLogEncoder(catalogue));
  const spans = createWriter(createSpanEncoder(catalogue));
  const metricPoints = createWriter(createMetricEncoder(catalogue));
  const errorEvents = createWriter(createErrorEncoder());
  const writers = [logs, spans, metricPoints, errorEvents];
  let closed: Promise<void> | undefined;

  return {
    insertLogs: logs.append,
    insertSpans: spans.append,
    insertMetricPoints: metricPoints.append,
    insertErrorEvents: errorEvents.append,
    query: (sql, params = {}, queryOptions = {}) => readQuery(client, sql, params, queryOptions),
    hasRoom: () => writers.every((writer) => writer.hasRoom()),
    async stats() {
      const { rows } = await readQuery<{ rows: string; bytes: string }>(
        client,
        `SELECT sumIf(rows, table IN ('logs', 'spans', 'metric_points')) AS rows, sum(bytes_on_disk) AS bytes
         FROM system.parts WHERE active AND database = {database:String}`,
        { database },
        {},
      );
      return { rows: Number(rows[0]?.rows ?? 0), bytesOnDisk: Number(rows[0]?.bytes ?? 0) };
    },
    state() {
      const engine = options.engineState?.() ?? 'ready';
      if (engine === 'failed') {
        return 'unavailable';
      }
      if (engine === 'restarting') {
        return 'restarting';
      }
      return writers.some((writer) => writer.troubled) ? 'unavailable' : 'ready';
    },
    close() {
      closed ??= (async () => {
        closingSince = now();
        await Promise.all(writers.map((writer) => writer.close()));
        await fieldsWritten;
        writeFields();
        await fieldsWritten;
        await client.close();
      })();
      return closed;
    },
  };
}

/** In one line, for whoever started the server. */
function openingFailure(error: unknown): string {
  const code = clickhouseCodeOf(error);
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim().slice(0, 300);
  if (code !== undefined) return message;
  // The client reads the answers of ClickHouse; what is left has the text of another program, or of the system.
  const isOfSystem = error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
  return isOfSystem ? message : `what answers there is not ClickHouse's HTTP interface: ${message}`;
}

function requirePositive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new RangeError(`openStore: ${name} must be a positive integer, got ${value}`);
  }
  return value;
}

function connect(options: StoreOptions, database: string | undefined): ClickHouseClient {
  return createClient({
    url: options.url,
    username: options.username,
    password: options.password,
    ...(database === undefined ? {} : { database }),
    application: 'breakwater',
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: 24,
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/**
 * `INSERT … SELECT … FROM input(…)` because plain types cost the engine less to read than the table's own; the
 * conversion to LowCardinality is done for whole columns.
 */
function createSender(client: ClickHouseClient, encoder: RowEncoder<never>): SendRows {
  const names = encoder.columns.map(([name]) => `\`${name}\``).join(', ');
  const structure = encoder.columns.map(([name, type]: Column) => `\`${name}\` ${type.replaceAll("'", "\\'")}`);
  const query = `INSERT INTO ${encoder.table} (${names}) SELECT ${names} FROM input('${structure.join(', ')}') FORMAT RowBinary`;
  return async (rows, token) => {
    const { stream } = await client.exec({
      query,
      values: Readable.from([rows], { objectMode: false }),
      clickhouse_settings: {
        insert_deduplication_token: token,
        // A repeated batch must also reach the materialised view if the engine died between the two.
        deduplicate_blocks_in_dependent_materialized_views: 1,
        async_insert: 0,
        wait_end_of_query: 1,
      },
    });
    for await (const _ of stream) {
      // Nothing comes; the connection is free when the answer has been read.
    }
  };
}
