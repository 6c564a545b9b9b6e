/**
 * `npm run bench -- log`: CPU time per line of @breakwater/log beside pino (synchronous destination, minLength 4096),
 * winston and LogTape, as ratios to pino. Every round runs every contender once, in an order that turns; the figures are
 * medians of the ratios within a round. Written to /dev/null and to a file. Fields vary from call to call. Young
 * garbage is collected before every turn, outside of what is measured: whoever came after winston or LogTape paid for what
 * they had left behind, and since an order that turns keeps its neighbours, that was always the same one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLogger, withContext } from '@breakwater/log';
import { fileSink } from '@breakwater/log/file';
import { configure, getJsonLinesFormatter, getLogger, withContext as withTapeContext } from '@logtape/logtape';
import pino from 'pino';
import winston from 'winston';
import { median, round } from './log/figures.ts';
import { importCost } from './log/import-cost.ts';

const LINES = Number(process.env['BENCH_LINES'] ?? 20_000);
const ONLY = process.env['BENCH_ONLY'];
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 11);

interface Loggers {
  info(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields: { err: Error }): void;
  child(fields: Record<string, unknown>): Loggers;
  redacting: { info(message: string, fields: Record<string, unknown>): void };
  inContext(fields: { correlationId: string; userId: string }, fn: () => void): void;
  contextual: { info(message: string, fields?: Record<string, unknown>): void };
}

type Case = (logger: Loggers, count: number) => void;

function failure(index: number): Error {
  return new Error(`payment ${index} failed`, { cause: new Error(`connect ECONNREFUSED 10.0.0.1:${5000 + index}`) });
}
/** Each has errors of its own: winston writes its fields into the error it is given. */
const failures = new WeakMap<Loggers, Error[]>();
const children = new WeakMap<Loggers, Loggers>();
const ids = Array.from({ length: 997 }, (_, index) => `order-${index * 7919}`);
const nested = (index: number) => ({
  request: {
    method: 'POST',
    path: ids[index % 997],
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'curl/8.5.0',
      host: 'shop',
    },
    remote: { address: 'client', port: 40_000 + (index % 1000) },
  },
  response: { status: 200, bytes: index, cached: false, timing: { wait: 1.5, db: 3.25, render: 0.75 } },
  order: { id: ids[(index * 3) % 997], items: 3, total: 129.9, currency: 'EUR', gift: true, coupon: null },
});

const CASES: Readonly<Record<string, { readonly goal: number; readonly run: Case }>> = {
  plain: {
    goal: 0.2,
    run(logger, count) {
      for (let index = 0; index < count; index++) logger.info('request completed');
    },
  },
  'five fields': {
    goal: 0.4,
    run(logger, count) {
      for (let index = 0; index < count; index++)
        logger.info('request completed', {
          method: 'GET',
          path: ids[index % 997],
          status: 200,
          durationMs: (index % 500) / 4,
          cached: false,
        });
    },
  },
  child: {
    goal: 0.4,
    run(logger, count) {
      const child =
        children.get(logger) ?? logger.child({ component: 'orders', region: 'eu-central-1', instance: 'orders-7' });
      children.set(logger, child);
      for (let index = 0; index < count; index++)
        child.info('request completed', { path: ids[index % 997], status: 200 });
    },
  },
  'async context': {
    goal: 0.3,
    run(logger, count) {
      for (let index = 0; index < count; index += 10) {
        logger.inContext({ correlationId: `c-${index}`, userId: `u-${index % 100}` }, () => {
          for (let line = 0; line < 10; line++) logger.contextual.info('request completed', { status: 200 });
        });
      }
    },
  },
  redaction: {
    goal: 0.3,
    run(logger, count) {
      for (let index = 0; index < count; index++)
        logger.redacting.info('login', {
          password: ids[index % 997],
          user: { id: index, email: 'someone' },
          headers: { authorization: ids[(index * 3) % 997], accept: 'text/html' },
        });
    },
  },
  'nested twenty': {
    goal: 0.6,
    run(logger, count) {
      for (let index = 0; index < count; index++) logger.info('request completed', nested(index));
    },
  },
  'error with cause': {
    goal: 0.85,
    run(logger, count) {
      const errors = failures.get(logger) ?? Array.from({ length: 50 }, (_, index) => failure(index));
      failures.set(logger, errors);
      for (let index = 0; index < count; index++) logger.error('failed', { err: errors[index % 50]! });
    },
  },
};

const PATHS = ['password', 'user.email', 'headers.authorization'];

function ours(path: string): Loggers {
  const base = { service: 'bench', version: '1.0.0' };
  const make = () => createLogger({ ...base, sinks: [fileSink({ path })], flushAtExit: false });
  const rules = PATHS.map((rule) => ({ path: rule, action: 'mask' as const }));
  const wrap = (logger: ReturnType<typeof make>): Loggers => ({
    info: (message, fields) => logger.info(message, fields),
    error: (message, fields) => logger.error(message, fields),
    child: (fields) => wrap(logger.child(fields)),
    redacting: createLogger({ ...base, sinks: [fileSink({ path })], flushAtExit: false, redact: { rules } }),
    inContext: (fields, fn) => withContext(fields, fn),
    contextual: logger,
  });
  return wrap(make());
}

function pinos(path: string): Loggers {
  const destination = pino.destination({ dest: path, sync: true, minLength: 4096 });
  const storage = new AsyncLocalStorage<object>();
  const base = { service: 'bench', version: '1.0.0' };
  const contextual = pino({ base, mixin: () => storage.getStore() ?? {} }, destination);
  const redacting = pino({ base, redact: PATHS }, destination);
  const wrap = (logger: pino.Logger): Loggers => ({
    info: (message, fields) => (fields === undefined ? logger.info(message) : logger.info(fields, message)),
    error: (message, fields) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
    redacting: { info: (message, fields) => redacting.info(fields, message) },
    inContext: (fields, fn) => storage.run(fields, fn),
    contextual: {
      info: (message, fields) => (fields === undefined ? contextual.info(message) : contextual.info(fields, message)),
    },
  });
  return wrap(pino({ base }, destination));
}

/** Winston and LogTape get the same batching as pino, so that the difference is theirs. */
function batching(fd: number): (text: string) => void {
  let pending = '';
  return (text) => {
    pending += text;
    if (pending.length < 4096) return;
    writeSync(fd, pending);
    pending = '';
  };
}

function winstons(fd: number): Loggers {
  const write = batching(fd);
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      write(String(chunk));
      done();
    },
  });
  const storage = new AsyncLocalStorage<object>();
  const mask = winston.format((info) => {
    const copy = info as unknown as Record<string, never> & { password?: string };
    if (copy.password !== undefined) copy.password = '[Redacted]';
    const { user, headers } = copy as unknown as { user?: object; headers?: object };
    return {
      ...copy,
      user: { ...user, email: '[Redacted]' },
      headers: { ...headers, authorization: '[Redacted]' },
    } as never;
  });
  const context = winston.format((info) => Object.assign(info, storage.getStore()));
  const { combine, errors, json, timestamp } = winston.format;
  const make = (...extra: winston.Logform.Format[]) =>
    winston.createLogger({
      defaultMeta: { service: 'bench', version: '1.0.0' },
      format: combine(errors({ stack: true, cause: true }), ...extra, timestamp(), json()),
      transports: [new winston.transports.Stream({ stream })],
    });
  const redacting = make(mask());
  const contextual = make(context());
  const wrap = (logger: winston.Logger): Loggers => ({
    info: (message, fields) => logger.info(message, fields),
    error: (_message, fields) => logger.error(fields.err),
    child: (fields) => wrap(logger.child(fields)),
    redacting: { info: (message, fields) => redacting.info(message, fields) },
    inContext: (fields, fn) => storage.run(fields, fn),
    contextual: { info: (message, fields) => contextual.info(message, fields) },
  });
  return wrap(make());
}

async function tapes(fd: number): Promise<Loggers> {
  const write = batching(fd);
  const format = getJsonLinesFormatter();
  await configure({
    reset: true,
    contextLocalStorage: new AsyncLocalStorage(),
    sinks: {
      lines: (record) => write(format(record)),
      masked: (record) => {
        const { user, headers, ...rest } = record.properties as { user?: object; headers?: object };
        const properties = {
          ...rest,
          password: '[Redacted]',
          user: { ...user, email: '[Redacted]' },
          headers: { ...headers, authorization: '[Redacted]' },
        };
        write(format({ ...record, properties }));
      },
    },
    loggers: [
      { category: ['logtape', 'meta'], sinks: [], lowestLevel: 'fatal' },
      { category: 'bench', sinks: ['lines'], lowestLevel: 'info' },
      { category: 'masked', sinks: ['masked'], lowestLevel: 'info' },
    ],
  });
  const base = { service: 'bench', version: '1.0.0' };
  const masked = getLogger('masked').with(base);
  type Tape = ReturnType<typeof getLogger>;
  const wrap = (logger: Tape): Loggers => ({
    info: (message, fields) => (fields === undefined ? logger.info(message) : logger.info(message, fields)),
    error: (message, fields) => logger.error(message, { ...fields }),
    child: (fields) => wrap(logger.with(fields)),
    redacting: { info: (message, fields) => masked.info(message, fields) },
    inContext: (fields, fn) => withTapeContext(fields, fn),
    contextual: {
      info: (message, fields) => (fields === undefined ? logger.info(message) : logger.info(message, fields)),
    },
  });
  return wrap(getLogger('bench').with(base));
}

function cpuNs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / LINES;
}

const folder = mkdtempSync(join(tmpdir(), 'bw-bench-log-'));
const results: object[] = [];
try {
  for (const place of ['/dev/null', 'file']) {
    const path = (name: string): string => (place === 'file' ? join(folder, name) : place);
    const fds = ['winston', 'logtape'].map((name) => openSync(path(name), 'a'));
    const peers: Record<string, Loggers> = {
      breakwater: ours(path('breakwater')),
      pino: pinos(path('pino')),
      winston: winstons(fds[0]!),
      logtape: await tapes(fds[1]!),
    };
    const names = Object.keys(peers);
    console.log(`\n${place}: ns of CPU per line (ratio to pino), median of ${ROUNDS} rounds of ${LINES} lines`);
    for (const [title, { goal, run }] of Object.entries(CASES)) {
      if (ONLY !== undefined && !title.includes(ONLY)) continue;
      for (const name of names) for (let warm = 0; warm < 3; warm++) run(peers[name]!, LINES / 4);
      const taken: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
      const ratios: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
      for (let round = 0; round < ROUNDS; round++) {
        const ns: Record<string, number> = {};
        for (let turn = 0; turn < names.length; turn++) {
          const name = names[(round + turn) % names.length]!;

          // winston's streams empty themselves only between turns of the event loop.
          await new Promise((resolve) => setImmediate(resolve));
          // What the one before left behind is collected, and the collector's threads are done with it.
          (globalThis.gc as (options: { type: 'minor' }) => void)({ type: 'minor' });
          await new Promise((resolve) => setTimeout(resolve, 20));
          ns[name] = cpuNs(() => run(peers[name]!, LINES));
          taken[name]!.push(ns[name]!);
          if (place === 'file') truncateSync(path(name));
        }
        for (const name of names) ratios[name]!.push(ns[name]! / ns['pino']!);
      }
      const value = median(ratios['breakwater']!);
      console.log(
        `${title.padEnd(18)}${names.map((name) => `${name} ${median(taken[name]!).toFixed(0)} (${median(ratios[name]!).toFixed(2)})`.padEnd(26)).join('')}goal ${goal}`,
      );
      results.push({
        name: `${title}, ${place}`,
        value: round(value),
        unit: 'x of pino',
        goal,
        better: 'lower',
        met: value <= goal,
      });
    }
    for (const fd of fds) closeSync(fd);
  }
  results.push(...importCost(folder));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ bench: 'log', results }));
