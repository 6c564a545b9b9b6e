// classify on a mixed set of failures, in nanoseconds per call: the median over many short rounds.
import {
  classify,
  createClassifier,
  defineErrors,
  fingerprint,
  serialise,
  toProblem,
} from '../packages/errors/src/index.ts';

declare const gc: (() => void) | undefined;

const Errors = defineErrors({
  PAYMENT_DECLINED: { category: 'business', status: 402, message: '{bank} declined the charge' },
});

function withProperties(error: Error, properties: object): Error {
  return Object.assign(error, properties);
}

class PostgresError extends Error {
  override readonly name = 'PostgresError';
}

const refused = withProperties(new Error('connect ECONNREFUSED'), {
  code: 'ECONNREFUSED',
  errno: -111,
  syscall: 'connect',
});
const cases: Readonly<Record<string, unknown>> = {
  'own error': new Errors.PAYMENT_DECLINED({ bank: 'ACME' }),
  'own error as a cause': new Error('wrapped', { cause: new Errors.PAYMENT_DECLINED({ bank: 'ACME' }) }),
  'socket refused': refused,
  'fetch failed, with cause': new TypeError('fetch failed', { cause: refused }),
  'PostgreSQL deadlock': withProperties(new PostgresError('deadlock'), { code: '40P01', severity: 'ERROR' }),
  'MySQL duplicate': withProperties(new Error('dup'), { code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000' }),
  'axios 503': withProperties(new Error('Request failed'), {
    name: 'AxiosError',
    isAxiosError: true,
    code: 'ERR_BAD_RESPONSE',
    status: 503,
    config: { headers: {} },
    response: { status: 503, headers: { 'retry-after': '3' } },
  }),
  'Stripe decline': withProperties(new Error('declined'), {
    type: 'StripeCardError',
    code: 'card_declined',
    decline_code: 'insufficient_funds',
  }),
  'AWS throttling': withProperties(new Error('slow'), {
    name: 'ThrottlingException',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  }),
  'gRPC unavailable': withProperties(new Error('14'), { code: 14, details: 'x', metadata: { get: () => [] } }),
  abort: new DOMException('aborted', 'AbortError'),
  TypeError: new TypeError('x is not a function'),
  'unknown Error': new Error('no idea'),
  'a string': 'no idea',
  'AggregateError of 3': new AggregateError([refused, refused, new Error('x')], 'all failed'),
};

const ROUNDS = 300;
const PER_ROUND = 400;

/** Median nanoseconds per call of `fn`, over rounds that were interleaved with all others. */
function median(samples: number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

const withRules = createClassifier({ rules: [{ when: { code: 'LEGACY_42' }, is: 'not-found' }] });
const names = Object.keys(cases);
const samples = new Map<string, number[]>(names.map((name) => [name, []]));
const mixed: number[] = [];
const others = {
  'mixed set, one user rule': (error: unknown) => withRules(error),
  'serialise (redacted)': (error: unknown) => serialise(error),
  fingerprint: (error: unknown) => fingerprint(error),
  'problem document': (error: unknown) => toProblem(error),
} satisfies Record<string, (error: unknown) => unknown>;
const otherSamples = new Map(Object.keys(others).map((name) => [name, [] as number[]]));
const all = Object.values(cases);
let kept: unknown;

for (let round = 0; round < ROUNDS; round++) {
  if (round % 50 === 0) gc?.();
  for (const name of names) {
    const error = cases[name];
    const started = process.hrtime.bigint();
    for (let i = 0; i < PER_ROUND; i++) kept = classify(error);
    if (round >= ROUNDS / 3) samples.get(name)!.push(Number(process.hrtime.bigint() - started) / PER_ROUND);
  }
  const started = process.hrtime.bigint();
  for (let i = 0; i < PER_ROUND; i++) kept = classify(all[i % all.length]);
  if (round >= ROUNDS / 3) mixed.push(Number(process.hrtime.bigint() - started) / PER_ROUND);
  for (const [name, run] of Object.entries(others)) {
    const count = 60;
    const begun = process.hrtime.bigint();
    for (let i = 0; i < count; i++) kept = run(all[i % all.length]);
    if (round >= ROUNDS / 3) otherSamples.get(name)!.push(Number(process.hrtime.bigint() - begun) / count);
  }
}
if (kept === undefined) throw new Error('nothing was measured');

const rows: (readonly [string, number])[] = [
  ...names.map((name) => [name, median(samples.get(name)!)] as const),
  ['mixed set', median(mixed)],
  ...[...otherSamples].map(([name, values]) => [name, median(values)] as const),
];
console.log('failure'.padEnd(30), 'µs per call'.padStart(12));
for (const [name, ns] of rows) console.log(name.padEnd(30), (ns / 1000).toFixed(2).padStart(12));

const mixedUs = median(mixed) / 1000;
console.log(
  JSON.stringify({
    bench: 'errors',
    results: [
      {
        name: 'classify, mixed set, median',
        value: Number(mixedUs.toFixed(3)),
        unit: 'us',
        goal: 2,
        better: 'lower',
        met: mixedUs <= 2,
      },
      ...rows
        .filter(([name]) => name !== 'mixed set')
        .map(([name, ns]) => ({ name, value: Number((ns / 1000).toFixed(3)), unit: 'us', better: 'lower' })),
    ],
  }),
);
