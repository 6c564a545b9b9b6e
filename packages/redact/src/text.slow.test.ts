import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCorpus } from '../scripts/corpus.ts';
import { measure, precision, recall } from '../scripts/measure.ts';
import { createRedactor } from './redactor.ts';

const redactor = createRedactor({
  preset: ['default', 'hipaa'],
  rules: [{ pattern: 'a-{base64url:10-4000}!', action: 'mask' }],
});

/** Units that, repeated, make scanners of this kind quadratic when they read a run again and again. */
const UNITS = [
  'a',
  '4',
  '4111 ',
  '4111 1111 1111 1112 ',
  '1 ',
  '444-',
  '@',
  'a@',
  'a@b.',
  'a.',
  '+1',
  '+1 (',
  '=',
  ':',
  '://',
  'x://a:',
  '"',
  "'",
  '\\',
  '\\"',
  '\n',
  '\u001b',
  '%20',
  '%',
  '&#',
  '&quot;',
  '\\u0041',
  'password ',
  'password=',
  'password:"',
  'password:\\"',
  "password is '",
  '"password":{',
  '"password":[',
  'token=-',
  'token=a,',
  'token="',
  'key:"',
  'key=-',
  'authorization: ',
  'authorization: required ',
  'Authorization: Basic ',
  'cookie: ',
  'cookie: x ',
  '<password>',
  ':password>',
  '"name":"password",',
  'Bearer ',
  'xoxb-',
  'ghp_',
  'AQE/',
  'sk-',
  'pypi-AgEIcHlwaS5vcmc',
  'eyJ',
  'eyJ-',
  'eyJhbGciOiJI.',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  'DE89 ',
  'DE89',
  'AB 12 ',
  '[REDACTED',
  '[REDACTED:',
  '[REDACTED:a:',
  'password=[REDACTED',
  '{',
  '[',
  '[4111111111111111,',
  '1.2.3.',
  'a:',
  '::',
  'a-',
  'a-a-!',
  'cvv ',
  'ssn 1',
  'phone 1 ',
  'passwor=1 ',
  'cGFzc3dvcmQ9aHVudGVyMjIy',
  'aGVsbG8gd29ybGQg',
  'é',
  '💥',
  '\u2028',
  'AKIA',
  'is ',
  'first name ',
];

function seconds(text: string): number {
  const start = process.threadCpuUsage();
  redactor.string(text);
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1e6;
}

test('R8: eight times the text takes no more than about eight times as long, whatever is repeated', () => {
  const slow: string[] = [];
  for (const unit of UNITS) {
    const of = (size: number): string => unit.repeat(Math.ceil(size / unit.length));
    seconds(of(20_000));
    // The clock of processor time may tick in steps of 4 ms.
    const small = Math.max(0.004, Math.min(seconds(of(100_000)), seconds(of(100_000))));
    let large = seconds(of(800_000));
    // A quadratic scanner would take 64 times as long, and would do so again; a busy machine would not.
    for (let again = 0; again < 5 && large > small * 28; again++) large = Math.min(large, seconds(of(800_000)));
    if (large > small * 28 || large > 2)
      slow.push(`${JSON.stringify(unit)}: ${small.toFixed(4)} s, then ${large.toFixed(4)} s`);
  }
  assert.deepEqual(slow, []);
});

test('R22: the accuracy goals hold for corpora that nobody has looked at', () => {
  for (const seed of [1906, 99, 20_261_125]) {
    for (const score of measure(createCorpus(seed)).scores) {
      assert.ok(recall(score) >= 0.995, `seed ${seed}: ${score.detector} hides ${score.hidden} of ${score.planted}`);
      assert.ok(
        precision(score) >= 0.98,
        `seed ${seed}: ${score.detector} is right ${score.right} of ${score.fired} times`,
      );
    }
  }
});

test('R4: a clean line allocates nothing', () => {
  const line =
    '2026-11-25T01:02:03.123Z INFO orders: GET /api/v1/orders/550e8400-e29b-41d4-a716-446655440000 200 in 45.2ms';
  const standard = createRedactor();
  const calls = 200_000;
  for (let index = 0; index < calls; index++) standard.string(line);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < calls; index++) standard.string(line);
    least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before) / calls);
  }
  // The smallest object takes 12 bytes.
  assert.ok(least < 6, `${least} bytes per call`);
});
