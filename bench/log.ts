/**
 * `npm run bench -- log`: CPU time per line of @breakwater/log beside pino (synchronous destination, minLength 4096),
 * winston and LogTape, as ratios to pino. Every round runs every contender once, in an order that turns; the figures are
 * medians of the ratios within a round. Written to /dev/null and to a file. Fields vary from call to call. Young
 * garbage is collected before every turn, outside of what is measured: whoever came after winston or LogTape paid for what
 * they had left behind, and since an order that turns keeps its neighbours, that was always the same one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { createLogger, withContext } from '@breakwater/log';
import { fileSink } from '@breakwater/log/file';
import { configure, getJsonLinesFormatter, getLogger, withContext as withTapeContext } from '@logtape/logtape';
import pino from 'pino';
import winston from 'winston';

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

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
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
  results.push(...importCost());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ bench: 'log', results }));

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/**
 * What a service ships and loads. "Own code" is the main entry, bundled without the packages it depends on; each other
 * entry is what it adds to that. "Import" is one file, the main entry with all it depends on, as a service that bundles
 * has it; "as installed" is the packages as they are published, beside pino's as npm installs it.
 */
function importCost(): object[] {
  const packages = join(import.meta.dirname, '../packages');
  const { exports } = JSON.parse(readFileSync(join(packages, 'log/package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly '@breakwater/source': string }>>;
  };
  const out: object[] = [];
  const bundle = (name: string, entries: readonly string[], ...args: readonly string[]): string => {
    const path = join(folder, `${name}.mjs`);
    const files = entries.map((entry) => join(packages, 'log', exports[entry]!['@breakwater/source']));
    execFileSync(
      join(import.meta.dirname, '../node_modules/.bin/esbuild'),
      [
        ...['--bundle', '--minify', '--platform=node', '--format=esm', '--log-level=error', `--outfile=${path}`],
        ...['--conditions=@breakwater/source', '--external:@opentelemetry/api', ...args],
      ],
      {
        input: files.map((file, index) => `export * as e${index} from ${JSON.stringify(file)};`).join(''),
        cwd: packages,
      },
    );
    return path;
  };
  const size = (path: string): number => gzipSync(readFileSync(path)).length / 1000;
  const own = size(bundle('own', ['.'], '--external:@breakwater/*'));
  const whole = bundle('whole', ['.']);
  out.push({ name: 'own code, gzipped', value: round(own), unit: 'kB', goal: 10, better: 'lower', met: own <= 10 });
  out.push({ name: 'with redact and errors, gzipped', value: round(size(whole)), unit: 'kB', better: 'lower' });
  console.log(`\ngzipped: own code ${own.toFixed(1)} kB, with redact and errors ${size(whole).toFixed(1)} kB`);
  for (const entry of Object.keys(exports)) {
    if (entry === '.') continue;
    const added = size(bundle(entry.slice(2), ['.', entry], '--external:@breakwater/*')) - own;
    console.log(`  ${entry.slice(1)} adds ${added.toFixed(1)} kB`);
    out.push({ name: `${entry.slice(1)} adds, gzipped`, value: round(added), unit: 'kB', better: 'lower' });
  }
  const probe = (target: string, cwd: string): number => {
    const script = `await import("node:fs");const a=process.cpuUsage();await import(${JSON.stringify(target)});const b=process.cpuUsage(a);console.log((b.user+b.system)/1000)`;
    const env = { ...process.env, NODE_OPTIONS: '' };
    const times = Array.from({ length: 9 }, () =>
      Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, cwd, encoding: 'utf8' })),
    );
    return median(times);
  };
  const cpu = probe(whole, folder);
  out.push({ name: 'import, everything', value: round(cpu), unit: 'ms CPU', goal: 8, better: 'lower', met: cpu <= 8 });
  const installed = probe('@breakwater/log', install(packages));
  const pinoCpu = probe('pino', import.meta.dirname);
  out.push({ name: 'import as installed', value: round(installed), unit: 'ms CPU', better: 'lower' });
  out.push({ name: 'import of pino as installed', value: round(pinoCpu), unit: 'ms CPU', better: 'lower' });
  console.log(
    `import: bundled ${cpu.toFixed(1)} ms CPU, as installed ${installed.toFixed(1)} ms, pino as installed ${pinoCpu.toFixed(1)} ms`,
  );
  return out;
}

/** The packages as npm would install them, built by the commands their package.json has. Returns the folder to import from. */
function install(packages: string): string {
  const bin = join(import.meta.dirname, '../node_modules/.bin');
  for (const name of ['redact', 'errors', 'log']) {
    const from = join(packages, name);
    const to = join(folder, 'node_modules/@breakwater', name);
    mkdirSync(to, { recursive: true });
    cpSync(join(from, 'package.json'), join(to, 'package.json'));
    const { scripts } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as { scripts: { build: string } };
    const [, command = ''] = scripts.build.split(' && ');
    const [tool, ...args] = command.split(' ');
    if (tool !== 'esbuild') throw new Error(`${name} is not built by esbuild any more`);
    const kept = args.filter((arg) => !arg.startsWith('--outdir='));
    execFileSync(join(bin, tool), [...kept, `--outdir=${join(to, 'dist')}`, '--log-level=error'], { cwd: from });
  }
  return folder;
}
