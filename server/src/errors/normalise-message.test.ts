import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { messageTemplate, normaliseMessage } from './normalise-message.ts';

const CASES: [message: string, normalised: string][] = [
  ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED <ip>'],
  ["can't find user 123, don't retry", "can't find user <num>, don't retry"],
  ["Cannot read properties of undefined (reading 'id')", "Cannot read properties of undefined (reading '<str>')"],
  ["Duplicate entry 'bob' for key `users.email`", "Duplicate entry '<str>' for key `<str>`"],
  ['failed to parse "he said \\"no\\" twice" at 3', 'failed to parse "<str>" at <num>'],
  ['order 550e8400-e29b-41d4-a716-446655440000 not found', 'order <uuid> not found'],
  ['timeout after 3000ms', 'timeout after <num>ms'],
  ['timeout after 3.5 s (attempt 2/3)', 'timeout after <num> s (attempt <num>/<num>)'],
  ['heap at 97.5% of -1,024 MiB', 'heap at <num>% of <num> MiB'],
  ['payment pay_1Nx92k3LmQ4bZ declined: P2002', 'payment pay_<id> declined: P2002'],
  ['E11000 duplicate key over http2', 'E11000 duplicate key over http2'],
  ['GET https://api.pay.example/v1/charges/12?key=a&b=c failed', 'GET <url> failed'],
  ['no route postgres://u:p@db/x', 'no route <url>'],
  ['open /var/data/orders/12.json: no such file', 'open <path>: no such file'],
  ['C:\\Users\\x\\a.txt not found, read/write', '<path> not found, read/write'],
  ['at 2026-11-25T10:11:12.123Z and 10:11:12', 'at <time> and <time>'],
  ['at 2026-11-25 10:11:12', 'at <time>'],
  ['since Wed Nov 25 2026 10:11:12 GMT', 'since <time> <num> <time> GMT'],
  ['mail to bob@example.com bounced', 'mail to <email> bounced'],
  ['key=17 user=bob@example.com', 'key=<num> user=<email>'],
  ['pointer 0xdeadbeef, commit deadbeef01', 'pointer <hex>, commit <hex>'],
  ['facade decade std::vector a::b::c', 'facade decade std::vector a::b::c'],
  ['host ::1 and fe80::1', 'host <ip> and <ip>'],
  ['ids 1, 2, 3 missing', 'ids <num> missing'],
  ['ids [1,2]', 'ids [<num>]'],
  ['  two\n\tlines\r\n', 'two lines'],
  ['', ''],
];

test('what varies becomes a placeholder, what names the error stays', () => {
  for (const [message, normalised] of CASES) assert.equal(normaliseMessage(message), normalised, message);
});

test('messages that differ in numbers, ids and quoted values are equal afterwards', () => {
  const variable = fc.record({ id: fc.uuid(), amount: fc.nat(), name: fc.stringMatching(/^[a-z0-9 /:.]{1,20}$/) });
  const message = ({ id, amount, name }: { id: string; amount: number; name: string }) =>
    `order ${id} of "${name}" over ${amount} cents was refused`;
  fc.assert(
    fc.property(variable, variable, (a, b) => {
      assert.equal(normaliseMessage(message(a)), normaliseMessage(message(b)));
    }),
    { numRuns: 200 },
  );
});

test('any text gives at most 1,000 characters without white space at the ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (text, times) => {
      const normalised = normaliseMessage(text.repeat(times));
      assert.ok(normalised.length <= 1_000);
      assert.equal(normalised.trimEnd().length, normalised.length);
    }),
    { numRuns: 100 },
  );
});

test('a megabyte of anything is read in linear time', () => {
  for (const unit of [
    '"',
    "'",
    "'a ",
    '`x',
    '1,',
    '/',
    'a',
    '.x',
    '....x ',
    '1.',
    '\\',
    ' ',
    'a@',
    '::',
    '0x',
    '=',
    '\n1',
  ]) {
    const message = unit.repeat(1_000_000 / unit.length);
    const started = process.cpuUsage();
    normaliseMessage(message);
    // About 5 to 60 ms; something quadratic takes minutes.
    assert.ok(process.cpuUsage(started).user < 1_500_000, JSON.stringify(unit));
  }
});

test('for people, what varies is an ellipsis', () => {
  assert.equal(messageTemplate('Order 42 of "a" failed within 1200 ms'), 'Order … of "…" failed within … ms');
});
