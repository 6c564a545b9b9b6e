/**
 * `npm run bench -- redact`: text per second of @breakwater/redact on clean, mixed and adversarial text, beside a list
 * of regular expressions on the same text; and objects per second beside @pinojs/redact, which takes paths only.
 * Every round runs every contender once; the figures are medians.
 */
import { createRedactor } from '@breakwater/redact';
import pinoRedact from '@pinojs/redact';

const ROUNDS = 9;
const SIZE = 1_000_000;
/** A measurement runs for at least this long: the clock of processor time is coarse. */
const MIN_MS = 40;

/** mulberry32: the same text on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = createRandom(6);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const hex = (length: number): string => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
const number = (limit: number): number => Math.floor(random() * limit);

const CLEAN: readonly (() => string)[] = [
  () =>
    `2026-11-25T01:02:${String(number(60)).padStart(2, '0')}.${number(1000)}Z INFO [http-worker-${number(9)}] orders: GET /api/v1/orders/${uuid()} 200 in ${number(900)}.${number(9)}ms traceId=${hex(32)} spanId=${hex(16)} region=eu-central-1 cacheHit=true items=${number(9)}`,
  () =>
    JSON.stringify({
      time: 1_764_032_523_000 + number(1e8),
      level: 'info',
      service: 'payments',
      version: '1.24.3',
      msg: 'payment captured',
      orderId: uuid(),
      amount: number(99_999) / 100,
      currency: 'EUR',
      attempt: number(4),
      durationMs: number(3000),
    }),
  () =>
    `WARN  pool: 3 of ${number(50)} connections idle, waiting=${number(20)}; retry in ${number(5000)} ms (attempt ${number(5)} of 5)`,
  () =>
    `Error: connect ECONNREFUSED 10.0.${number(255)}.${number(255)}:5432 at TCPConnectWrap.afterConnect [as oncomplete] (node:net:${number(2000)}:16) at async Pool.acquire (/app/node_modules/pg-pool/index.js:${number(400)}:11)`,
  () =>
    `kafka: consumer group orders-v2 rebalanced, ${number(12)} partitions assigned, lag=${number(100_000)}, tokenCount=${number(4000)}, author=ci`,
];
const DIRTY: readonly (() => string)[] = [
  () => `login failed for jo.${hex(4)}@corp-mail.com password=Hunter${number(1e6)}!`,
  () => `GET /cb?code=1&access_token=${hex(40)} HTTP/1.1 Authorization: Bearer ${hex(32)}`,
  () => `connect postgres://app:${hex(12)}@db:5432/orders failed`,
  () => JSON.stringify({ user: { email: `a${hex(5)}@corp-mail.com`, apiKey: hex(24) }, card: '4111 1111 1111 1111' }),
];

function fill(make: () => string): string[] {
  const lines: string[] = [];
  for (let length = 0; length < SIZE; length += lines.at(-1)!.length + 1) lines.push(make());
  return lines;
}

const cleanLines = fill(() => pick(CLEAN)());
const mixedLines = fill(() => (random() < 0.05 ? pick(DIRTY)() : pick(CLEAN)()));
const repeat = (unit: string): string => unit.repeat(Math.ceil(SIZE / unit.length));

/** A space between lines: a line break is a finding of its own. */
const texts: readonly (readonly [name: string, text: string])[] = [
  ['clean log text', cleanLines.join(' ')],
  ['mixed corpus', mixedLines.join(' ')],
  ['1 MB of a', repeat('a')],
  ['1 MB of digits', repeat('4111111')],
  ['1 MB of @', repeat('@')],
  ['near-miss keys', repeat('passwor=1 apikeys_x: token_type=b secretary=c ')],
  ['near-miss cards', repeat('4111 1111 1111 1112 ')],
  ['near-miss tokens', repeat('xoxb- ghp_abc AKIAQ eyJh.eyJ ')],
  ['near-miss addresses', repeat('a@b.1 ')],
  ['prefix upon prefix', repeat('xoxb-eyJ-')],
  ['quotes and backslashes', repeat('\\"token\\":\\"')],
  ['percent escapes', repeat('%2F%20a')],
];

const redactor = createRedactor();

/** What many services do: one global expression after another. */
const EXPRESSIONS: readonly RegExp[] = [
  /(password|passwd|pwd|secret|api[-_]?key|access[-_]?token|refresh[-_]?token|token|auth)["']?\s*[=:]\s*["']?[^\s"'&,;]+/gi,
  /authorization["']?\s*[:=]\s*["']?(?:\w+\s+)?[^\s"']+/gi,
  /(?:set-)?cookie["']?\s*[:=]\s*[^\r\n"]+/gi,
  /\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/gi,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\b(?:\d[ -]?){13,19}\b/g,
  /\b\d{3}-\d{2}-\d{4}\b/g,
  /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g,
  /[\w.+-]+@[\w-]+\.[\w.-]+/g,
  /\+\d[\d ().-]{7,18}\d/g,
  /\w+:\/\/[^\s:@/]+:[^\s:@/]+@/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_\w{36,}/g,
  /\bgithub_pat_\w{22,}/g,
  /\bglpat-[\w-]{20,}/g,
  /\bxox[abeprs]-[\w-]{10,}/g,
  /\b[rs]k_(?:live|test)_\w{16,}/g,
  /\bAIza[\w-]{35}/g,
  /\bnpm_\w{36}/g,
];
function scrub(text: string): string {
  let result = text;
  for (const expression of EXPRESSIONS) result = result.replace(expression, '[REDACTED]');
  return result;
}

/** Milliseconds of processor time of this thread per run, so that what else the machine does counts less. */
function time(run: () => unknown): number {
  const start = process.threadCpuUsage();
  const until = performance.now() + MIN_MS;
  let runs = 0;
  do {
    run();
    runs++;
  } while (performance.now() < until);
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000 / runs;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** The expressions are quadratic on some of the texts: they get a part of it, and one round in three. */
const SCRUB_SIZE = 20_000;

const ours = new Map<string, number[]>(texts.map(([name]) => [name, []]));
const theirs = new Map<string, number[]>(texts.map(([name]) => [name, []]));
const byLine: number[] = [];
const objectTimes = { breakwater: [] as number[], pino: [] as number[] };

const records = Array.from({ length: 2000 }, (_, index) => ({
  level: 'info',
  time: 1_764_032_523_000 + index,
  msg: 'payment captured',
  orderId: uuid(),
  user: { id: index, email: `u${index}@corp-mail.com`, password: hex(12) },
  headers: { accept: '*/*', authorization: `Bearer ${hex(24)}`, 'user-agent': 'curl/8.9.1' },
  durationMs: number(900),
}));
const byPaths = pinoRedact({ paths: ['user.email', 'user.password', 'headers.authorization'], serialize: false });

for (let round = 0; round < ROUNDS + 2; round++) {
  const warm = round >= 2;
  for (const [name, text] of texts) {
    const spent = time(() => redactor.string(text));
    if (warm) ours.get(name)!.push(spent);
    if (round % 3 !== 0) continue;
    const part = name.startsWith('clean') || name.startsWith('mixed') ? text : text.slice(0, SCRUB_SIZE);
    theirs.get(name)!.push((time(() => scrub(part)) * text.length) / part.length);
  }
  const lines = time(() => {
    for (const line of cleanLines) redactor.string(line);
  });
  if (warm) byLine.push(lines);
  const objects = [
    time(() => records.map((record) => redactor.redact(record))),
    time(() => records.map((record) => byPaths(record))),
  ] as const;
  if (!warm) continue;
  objectTimes.breakwater.push(objects[0]);
  objectTimes.pino.push(objects[1]);
}

const mb = (name: string, spent: Map<string, number[]>): number =>
  texts.find(([known]) => known === name)![1].length / 1e6 / (median(spent.get(name)!) / 1000);
const rows = texts.map(([name]) => ({
  text: name,
  'breakwater MB/s': Math.round(mb(name, ours)),
  'regex list MB/s': Math.round(mb(name, theirs) * 100) / 100,
}));
console.table(rows);

const perMb = texts.map(([name, text]) => median(ours.get(name)!) / (text.length / 1e6));
const mean = perMb.reduce((sum, value) => sum + value, 0) / perMb.length;
const worst = Math.max(...perMb);
const clean = mb('clean log text', ours);
const lines = cleanLines.join(' ').length / 1e6 / (median(byLine) / 1000);
const perObject = (spent: number[]): number => (median(spent) / records.length) * 1000;
console.log(`clean text line by line: ${lines.toFixed(0)} MB/s`);
console.log(
  `one log record as an object: breakwater ${perObject(objectTimes.breakwater).toFixed(1)} us (looks into every string), @pinojs/redact ${perObject(objectTimes.pino).toFixed(1)} us (three paths)`,
);

const round1 = (value: number): number => Math.round(value * 10) / 10;
console.log(
  JSON.stringify({
    bench: 'redact',
    results: [
      { name: 'clean log text', value: round1(clean), unit: 'MB/s', goal: 100, better: 'higher', met: clean >= 100 },
      {
        name: 'clean log text, line by line',
        value: round1(lines),
        unit: 'MB/s',
        goal: 100,
        better: 'higher',
        met: lines >= 100,
      },
      { name: 'mixed corpus', value: round1(mb('mixed corpus', ours)), unit: 'MB/s' },
      {
        name: 'worst text vs mean',
        value: Math.round((worst / mean) * 100) / 100,
        unit: 'x',
        goal: 3,
        better: 'lower',
        met: worst <= 3 * mean,
      },
      {
        name: 'clean log text vs regex list',
        value: round1(clean / mb('clean log text', theirs)),
        unit: 'x',
        better: 'higher',
      },
      { name: 'record as object', value: round1(perObject(objectTimes.breakwater)), unit: 'us' },
      { name: 'record as object, @pinojs/redact (paths only)', value: round1(perObject(objectTimes.pino)), unit: 'us' },
    ],
  }),
);
