/**
 * A process for loss.slow.test.ts: says `count` records to a sink and ends in the way asked for. Tells what its logger
 * counted on file descriptor 3.
 */
import { readFileSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { spill } from '../full.ts';
import { createLogger, type Sink, stdoutSink } from '../index.ts';
import { otlpSink } from '../otlp.ts';
import { keepUnlessOk } from '../request.ts';
import { fileSink } from '../sinks/file.ts';
import { workerSink } from '../sinks/worker.ts';

const [how = '', kind = '', target = '', count = '0'] = process.argv.slice(2);

function sink(): Sink {
  switch (kind) {
    case 'file':
      return fileSink({ path: target, flushMs: 60_000, blockMs: 300 });
    case 'spill':
      return fileSink({
        path: target,
        whenFull: spill(process.argv[6]!),
        blockMs: 200,
        maxBufferChars: 65_536,
      });
    case 'otlp':
      return otlpSink({ url: target, flushMs: 60_000, batchSize: 100_000 });
    case 'worker-file':
      return workerSink({ to: { kind: 'file', path: target }, flushMs: 60_000, blockMs: 300 });
    case 'worker-stdout':
      return workerSink({ to: { kind: 'stdout' }, flushMs: 60_000, blockMs: 300 });
    case 'worker-module': {
      const url = new URL('./worker-module.ts', import.meta.url);
      return workerSink({ to: { kind: 'module', url, options: { path: target } }, flushMs: 60_000 });
    }
    case 'worker-durable':
      return workerSink({ to: { kind: 'file', path: target, durable: true }, flushMs: 1 });
    case 'worker-spill':
      return workerSink({
        to: { kind: 'file', path: target },
        whenFull: spill(process.argv[6]!),
        blockMs: 200,
        maxBufferChars: 65_536,
        ringBytes: 65_536,
      });
    case 'otlp-idle':
      return otlpSink({ url: target, flushMs: 60_000, batchSize: 100_000, encoding: 'json' });
    case 'otlp-busy':
      return otlpSink({ url: target, flushMs: 1, batchSize: 100_000, encoding: 'json', ...tls() });
    default:
      return stdoutSink({ flushMs: 60_000, blockMs: 300 });
  }
}

function tls(): { tls?: { ca: string } } {
  const path = process.env['CA_PATH'];
  return path === undefined ? {} : { tls: { ca: readFileSync(path, 'utf8') } };
}

const logger = createLogger({ service: 'ends', sinks: [sink()] });
process.on('exit', () => {
  // After the logger's own listener, which was added first.
  writeSync(3, JSON.stringify(logger.counts()));
});
let said = 0;
function say(lines: number): void {
  for (const last = said + lines; said < last; said++)
    logger.info('line', { index: said, filler: 'x'.repeat(Number(process.env['FILLER'] ?? 40)) });
}
say(Number(count));

/** Once the parent says so: a few lines more, and then the end. */
function whenTold(how: () => void): void {
  process.once('message', () => {
    say(50);
    how();
  });
}

switch (how) {
  case 'exit':
    process.exit(0);
    break;
  case 'late':
    // After the logger's own listener, which has emptied the sinks.
    process.on('exit', () => say(2));
    break;
  case 'throw':
    setTimeout(() => {
      throw new Error('from a timer');
    }, 1);
    break;
  case 'term':
    process.send?.('ready');
    setInterval(() => {}, 1000);
    break;
  case 'told-exit':
    whenTold(() => process.exit(0));
    break;
  case 'told-throw':
    whenTold(() => {
      throw new Error('from a message');
    });
    break;
  case 'told-term':
    whenTold(() => process.kill(process.pid, 'SIGTERM'));
    setInterval(() => {}, 1000);
    break;
  case 'open-request':
    void keepUnlessOk({}, () => {
      logger.debug('kept', { index: 0 });
      return new Promise(() => {});
    });
    void keepUnlessOk({}, () => logger.debug('of a request that went well', { index: 1 }));
    setTimeout(() => {
      throw new Error('from a timer');
    }, 1);
    break;
  case 'forgotten-request': {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    void keepUnlessOk({}, () => {
      logger.debug('kept', { index: 0 });
      return new Promise(() => {});
    });
    // Without the listeners of `exit`: only what was written before is there.
    const look = (): void => {
      collect();
      if (logger.counts().logger.written === 0) setTimeout(look, 5);
      else void logger.flush().then(() => process.kill(process.pid, 'SIGKILL'));
    };
    setTimeout(look, 5);
    break;
  }
  case 'dead-exit':
    process.once('worker', (worker) => {
      void worker.terminate();
      say(50);
      process.exit(0);
    });
    break;
  case 'kill':
    // Says lines for ever, and what was written once something was.
    setInterval(() => {
      say(20);
      const { written } = Object.values(logger.counts().sinks)[0]!;
      if (written > 100) process.send?.({ written });
    }, 1);
    break;
  case 'return':
    break;
  default:
    throw new Error(`unknown end ${how}`);
}
