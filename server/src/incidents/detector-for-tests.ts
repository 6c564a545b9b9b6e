import { createTelemetryForTests, type TelemetryForTests } from '../alerts/telemetry-for-tests.ts';
import type { AlertRuleInput, IncidentDetail, TimelineEntry } from '../api/types.ts';
import { createDetector, type Detector, type DetectorOptions } from '../detector.ts';
import { openState, type State } from '../state/state.ts';

/** A receiver's request as the test sees it. */
export interface Told {
  at: number;
  url: string;
  headers: Headers;
  body: {
    type: string;
    data: {
      incident: { id: string; title: string; mergedInto: object | null };
      alerts: { summary: string }[];
      by?: string;
    };
  };
}

/** A detector on a state in memory, a clock that stands and telemetry made by hand. */
export interface DetectorForTests {
  detector: Detector;
  state: State;
  telemetry: TelemetryForTests;
  log: string[];
  told: Told[];
  /** What receivers answer: a status, or an error instead of an answer. Default 204. */
  answers: { next: (told: Told) => Response | Error };
  now(): number;
  /** Sets the clock forward without evaluating. */
  skip(seconds: number): void;
  /** Lets the time pass in steps of 5 s, evaluating and delivering at each. */
  pass(seconds: number): Promise<void>;
  /** Another detector on the same state, as after a restart of the server. */
  restart(): void;
  incident(index?: number): Promise<IncidentDetail>;
  kinds(index?: number): Promise<TimelineEntry['kind'][]>;
  close(): Promise<void>;
}

export const START = 1_790_000_000_000;

export const BURST_RULE: AlertRuleInput = {
  name: 'Burst',
  condition: { kind: 'error_count', threshold: 10 },
  windowSeconds: 60,
  forSeconds: 0,
  cooldownSeconds: 60,
  severity: 'high',
  enabled: true,
  runbookUrl: '',
};
export const RATE_RULE: AlertRuleInput = {
  ...BURST_RULE,
  name: 'Rate',
  condition: { kind: 'span_error_rate', threshold: 0.1, minCount: 20 },
  severity: 'critical',
};

export const WEBHOOK = { name: 'stub', type: 'webhook', enabled: true, url: 'http://127.0.0.1:1/hook' };

/** For `test`: gives the work a detector of its own, and closes it whatever the work does. */
export function withDetector(
  work: (given: DetectorForTests) => Promise<void>,
  options: Partial<DetectorOptions> = {},
): () => Promise<void> {
  return async () => {
    const given = createDetectorForTests(options);
    try {
      await work(given);
    } finally {
      await given.close();
    }
  };
}

/** Without the default rules; add what the test needs. */
export function createDetectorForTests(options: Partial<DetectorOptions> = {}): DetectorForTests {
  const state = openState(':memory:');
  state.db.exec('DELETE FROM alert_rules');
  const telemetry = createTelemetryForTests();
  const log: string[] = [];
  const told: Told[] = [];
  const answers: DetectorForTests['answers'] = { next: () => new Response(null, { status: 204 }) };
  let time = START;
  let ids = 0;

  const make = (): Detector =>
    createDetector({
      state,
      store: telemetry,
      now: () => time,
      log: (line) => void log.push(line),
      random: () => 0,
      newId: () => {
        ids += 1;
        return `id-${ids}`;
      },
      async fetch(input, init) {
        const body = JSON.parse(String(init?.body)) as Told['body'];
        const one: Told = { at: time, url: String(input), headers: new Headers(init?.headers), body };
        told.push(one);
        const answer = answers.next(one);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      ...options,
    });

  const test: DetectorForTests = {
    detector: make(),
    state,
    telemetry,
    log,
    told,
    answers,
    now: () => time,
    skip(seconds) {
      time += seconds * 1_000;
    },
    async pass(seconds) {
      for (const end = time + seconds * 1_000; time < end; ) {
        time += 5_000;
        await test.detector.evaluateNow();
        await test.detector.deliverNow();
      }
    },
    restart() {
      test.detector = make();
    },
    async incident(index = 0) {
      const { incidents } = test.detector.incidents.list();
      const found = incidents.at(-1 - index);
      if (found === undefined) throw new Error(`there is no incident ${index}, but ${incidents.length}`);
      return await test.detector.incidents.get(found.id);
    },
    async kinds(index = 0) {
      return (await test.incident(index)).timeline.map(({ kind }) => kind);
    },
    async close() {
      await test.detector.stop();
      state.close();
    },
  };
  return test;
}
