import { classify, OptionError } from '@breakwater/errors';
import { callable, checkOptions, flag, type Rule, record, text } from '@breakwater/errors/options';
import { type Clock, systemClock } from '@breakwater/resilience';
import type { Guard } from './edge.ts';
import type { Exchange } from './exchange.ts';
import { type Answer, jsonAnswer } from './message.ts';
import { checkItems, clockRule, list, timerMs, waitMs } from './options.ts';

/** Whether something works: fully, in part, or not. */
export type HealthStatus = 'pass' | 'degraded' | 'fail';

/** A dependency that is looked at. */
export interface HealthCheck {
  readonly name: string;
  /**
   * Resolves when it works, with `'degraded'` or `{ status: 'degraded', reason }` when it works in part; rejects when it
   * does not. Aborted after `timeoutMs`. One that does not settle then is asked again 30 s later at the earliest.
   */
  readonly check: (signal: AbortSignal) => Promise<unknown>;
  /** Default 1000. */
  readonly timeoutMs?: number | undefined;
  /** False: without it the service is degraded but ready. Default true. */
  readonly required?: boolean | undefined;
  /** How long a result holds, so that probes do not become load. Default 1000. */
  readonly holdMs?: number | undefined;
}

/** One check's result. */
export interface CheckReport {
  readonly name: string;
  readonly status: HealthStatus;
  readonly durationMs: number;
  /** Why it is not `pass`: `timeout`, `degraded` or the check's own reason, or the code the error is classified as. */
  readonly reason?: string;
}

/** The state of the service. */
export interface HealthReport {
  readonly status: HealthStatus;
  readonly phase: 'starting' | 'started' | 'draining';
  readonly checks: readonly CheckReport[];
}

export interface HealthOptions {
  readonly checks?: readonly HealthCheck[] | undefined;
  /** Who may see the checks: a secret header field, an address. Default: nobody; the others see only the status. */
  readonly detailsFor?: ((exchange: Exchange) => boolean) | undefined;
  readonly clock?: Clock | undefined;
}

export interface Health {
  /** Answers `/livez`, `/readyz` and `/startupz`. First among the guards, so that no limit is in front of it. */
  readonly guard: Guard;
  report(): Promise<HealthReport>;
  /** The service has started: from now on it can be ready. */
  started(): void;
  /** The service is about to stop: from now on it is not ready, though it still answers. */
  drain(): void;
}

interface Probe {
  readonly check: HealthCheck;
  /** The run that is under way, hung ones too. */
  running: { readonly givenUpAt: number } | undefined;
  asked: Promise<CheckReport> | undefined;
  last: { readonly report: CheckReport; readonly at: number } | undefined;
}

/** A check that has not settled so long after its time limit never will: a lost promise must not make it fail for ever. */
const GIVE_UP_MS = 30_000;

const rules: Record<string, Rule> = { checks: list, detailsFor: callable, clock: clockRule };
const checkRules: Record<string, Rule> = {
  name: text,
  check: callable,
  timeoutMs: timerMs,
  required: flag,
  holdMs: waitMs,
};

/**
 * Health for Kubernetes. `/livez`: the process answers (its dependencies are no reason to restart it). `/readyz`: 200 with
 * `pass` or `degraded`, 503 with `fail`, before `started()` and from `drain()` on. `/startupz`: 200 once `started()` was
 * called and no required check fails. Throws `OptionError` for wrong options.
 */
export function createHealth(options: HealthOptions = {}): Health {
  checkOptions('createHealth', options, rules);
  const { clock = systemClock, checks: given = [] } = options;
  checkItems('createHealth.checks', given, record);
  const names = new Set<string>();
  const probes = given.map((check, index): Probe => {
    checkOptions(`createHealth.checks[${index}]`, check, checkRules, ['name', 'check']);
    if (names.has(check.name))
      throw new OptionError(`createHealth.checks[${index}].name`, check.name, 'a name that no other check has');
    names.add(check.name);
    return { check, running: undefined, asked: undefined, last: undefined };
  });
  let phase: HealthReport['phase'] = 'starting';

  const report = async (): Promise<HealthReport> => {
    const checks = await Promise.all(probes.map((probe) => ask(probe, clock)));
    const failed = checks.some((check, index) => check.status === 'fail' && probes[index]!.check.required !== false);
    const status = failed ? 'fail' : checks.every((check) => check.status === 'pass') ? 'pass' : 'degraded';
    return { status, phase, checks };
  };
  const answer = (exchange: Exchange, given: HealthReport, ok: boolean): Answer => {
    const details = options.detailsFor?.(exchange) === true ? { phase: given.phase, checks: given.checks } : {};
    const status = ok ? given.status : 'fail';
    return jsonAnswer(ok ? 200 : 503, { status, ...details }, { 'cache-control': 'no-store' });
  };
  return {
    guard(exchange) {
      if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD') return undefined;
      if (exchange.path === '/livez') return jsonAnswer(200, { status: 'pass' }, { 'cache-control': 'no-store' });
      if (exchange.path === '/readyz')
        return report().then((given) => answer(exchange, given, given.phase === 'started' && given.status !== 'fail'));
      if (exchange.path === '/startupz')
        return report().then((given) => answer(exchange, given, given.phase !== 'starting' && given.status !== 'fail'));
      return undefined;
    },
    report,
    started() {
      if (phase === 'starting') phase = 'started';
    },
    drain() {
      phase = 'draining';
    },
  };
}

function ask(probe: Probe, clock: Clock): Promise<CheckReport> {
  const { last } = probe;
  if (last !== undefined && clock.now() - last.at < (probe.check.holdMs ?? 1000)) return Promise.resolve(last.report);
  probe.asked ??= look(probe, clock).then((report) => {
    probe.last = { report, at: clock.now() };
    probe.asked = undefined;
    return report;
  });
  return probe.asked;
}

function look(probe: Probe, clock: Clock): Promise<CheckReport> {
  const { name, check, timeoutMs = 1000 } = probe.check;
  // The dependency has not even answered the last question.
  if (probe.running !== undefined && clock.now() < probe.running.givenUpAt)
    return Promise.resolve({ name, status: 'fail', durationMs: timeoutMs, reason: 'timeout' });
  const startedAt = clock.now();
  const controller = new AbortController();
  return new Promise((resolve) => {
    const finish = (status: HealthStatus, reason?: string): void => {
      clock.clearTimer(timer);
      const durationMs = Math.round((clock.now() - startedAt) * 10) / 10;
      resolve({ name, status, durationMs, ...(reason === undefined ? {} : { reason }) });
    };
    const timer = clock.setTimer(() => {
      controller.abort(new DOMException('The health check took too long', 'TimeoutError'));
      finish('fail', 'timeout');
    }, timeoutMs);
    const run = { givenUpAt: startedAt + timeoutMs + GIVE_UP_MS };
    probe.running = run;
    void (async () => degradedBy(await check(controller.signal)))()
      .then(
        (reason) => finish(reason === undefined ? 'pass' : 'degraded', reason),
        (error: unknown) => finish('fail', classify(error).code),
      )
      .then(() => {
        if (probe.running === run) probe.running = undefined;
      });
  });
}

function degradedBy(result: unknown): string | undefined {
  if (result === 'degraded') return result;
  if (typeof result !== 'object' || result === null) return undefined;
  const { status, reason } = result as { status?: unknown; reason?: unknown };
  if (status !== 'degraded') return undefined;
  return typeof reason === 'string' && reason !== '' ? reason.slice(0, 100) : 'degraded';
}
