import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { constants } from 'node:os';
import { callable, checkOptions, having, type Rule, record, text } from '@breakwater/errors/options';
import type { Logger } from '@breakwater/log';
import type { Health } from './health.ts';
import { checkItems, list, loggerRule, waitMs } from './options.ts';
import { warn } from './report.ts';

/** Something to close after the last request: pools, queues, the log. */
export interface Closer {
  readonly name: string;
  readonly close: () => unknown;
}

export interface ShutdownOptions {
  readonly server: Server;
  readonly log: Pick<Logger, 'log'>;
  readonly health?: Pick<Health, 'drain'> | undefined;
  /** How long to serve on after the signal, until load balancers have seen `/readyz` fail. Default 5000. */
  readonly drainMs?: number | undefined;
  /** The most time for requests under way after that. Default 20 000: with the above below Kubernetes' 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Closed in this order, each in at most `closeTimeoutMs`. */
  readonly closers?: readonly Closer[] | undefined;
  /** Default 2000. */
  readonly closeTimeoutMs?: number | undefined;
  /** Default `['SIGTERM', 'SIGINT']`. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
  /** Called at the end with 0, or 1 when something was cut off or failed. Default `process.exit`. */
  readonly exit?: ((code: number) => void) | undefined;
}

export interface Shutdown {
  /** Begins the shutdown, as a signal does; again: the same one. Resolves with the exit code before `exit` is called. */
  run(reason: string): Promise<number>;
  /** Removes all listeners; the service no longer reacts to signals. */
  dispose(): void;
}

const rules: Record<string, Rule> = {
  server: having('an HTTP server', 'close', 'closeAllConnections', 'prependListener'),
  log: loggerRule,
  health: having('the health of createHealth', 'drain'),
  drainMs: waitMs,
  timeoutMs: waitMs,
  closers: list,
  closeTimeoutMs: waitMs,
  signals: list,
  exit: callable,
};
const signalRule: Rule = [
  'the name of a signal, such as SIGTERM',
  (v) => typeof v === 'string' && Object.hasOwn(constants.signals, v),
];

/** Without a request for so long after the last one, what is still connected is idle. */
const QUIET_MS = 500;

/**
 * Ends a service without failing a request. On a signal: not ready any more, but serving, each response now closing its
 * connection; after `drainMs` no new connections; requests under way finish; then the closers; then `exit`. What is still
 * open after `timeoutMs` is cut off and counted in a record. Connections without a request are not waited for, nor those
 * that were upgraded (WebSocket): close them by a closer. A log or health that throws is told as a process warning, and the
 * rest is done. Throws `OptionError` for wrong options.
 */
export function createShutdown(options: ShutdownOptions): Shutdown {
  checkOptions('createShutdown', options, rules, ['server', 'log']);
  const { server, log, health, closers = [], signals = ['SIGTERM', 'SIGINT'] } = options;
  const { drainMs = 5000, timeoutMs = 20_000, closeTimeoutMs = 2000 } = options;
  checkItems('createShutdown.signals', signals, signalRule);
  checkItems('createShutdown.closers', closers, record);
  for (const [index, closer] of closers.entries())
    checkOptions(`createShutdown.closers[${index}]`, closer, { name: text, close: callable }, ['name', 'close']);
  const open = new Set<ServerResponse>();
  let onChange = (): void => {};
  let quiet: NodeJS.Timeout | undefined;
  let over = false;
  let going: Promise<number> | undefined;

  const onRequest = (_request: IncomingMessage, response: ServerResponse): void => {
    open.add(response);
    onChange();
    response.once('close', () => {
      open.delete(response);
      onChange();
    });
    if (going !== undefined) response.setHeader('connection', 'close');
  };
  server.prependListener('request', onRequest);

  // Node waits for connections that were opened and never used, which browsers and load balancers keep at hand.
  const untilQuiet = (): Promise<void> =>
    new Promise((resolve) => {
      const quietMs = Math.min(QUIET_MS, timeoutMs / 2);
      onChange = () => {
        clearTimeout(quiet);
        if (open.size === 0 && !over) quiet = setTimeout(resolve, quietMs);
      };
      onChange();
    });

  const shutDown = async (reason: string): Promise<number> => {
    let code = 0;
    // Whatever throws here: the other steps are done all the same, and the process ends.
    const safely = (what: string, step: () => void): void => {
      try {
        step();
      } catch (error) {
        code = 1;
        warn(`While shutting down, ${what} threw`, error);
      }
    };
    const say = (...record: Parameters<Logger['log']>): void => safely('the log', () => log.log(...record));
    say('info', 'Shutting down', { reason, 'http.server.active_requests': open.size }, 'shutdown.started');
    safely('the health', () => health?.drain());
    // The client of a connection kept open could send its next request just when it is closed.
    for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close');
    await sleep(drainMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const inTime = await within(Promise.race([closed, untilQuiet()]), timeoutMs);
    over = true;
    clearTimeout(quiet);
    const cutOff = inTime ? 0 : open.size;
    server.closeAllConnections();
    if (!inTime) code = 1;
    // Said now: the log may be among what is closed.
    say(inTime ? 'info' : 'error', 'Requests have ended', { requestsCutOff: cutOff }, 'shutdown.requests_ended');
    for (const closer of closers) {
      try {
        if (await within((async () => closer.close())(), closeTimeoutMs)) continue;
        say('error', 'Closing took too long', { closer: closer.name }, 'shutdown.closer_timeout');
      } catch (error) {
        say('error', 'Closing failed', { closer: closer.name, error }, 'shutdown.closer_failed');
      }
      code = 1;
    }
    return code;
  };
  const run = (reason: string): Promise<number> => {
    going ??= shutDown(reason);
    return going;
  };
  const exit = options.exit ?? ((code: number) => process.exit(code));
  const onSignal = (signal: NodeJS.Signals): void => {
    if (going !== undefined) return;
    void run(signal)
      .catch((error: unknown) => {
        warn('The shutdown failed', error);
        return 1;
      })
      // A process warning is written a moment after it was given.
      .then((code) => setImmediate(() => exit(code)));
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    run,
    dispose() {
      server.off('request', onRequest);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether `work` was done in time; rejects as it does. */
function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    work.then(
      () => {
        clearTimeout(timer);
        resolve(true);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
