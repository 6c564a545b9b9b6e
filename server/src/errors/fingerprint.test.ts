import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from './fingerprint.ts';
import { stableFile, stableFunction } from './frame-name.ts';
import { GO_STACK, JAVA_STACK, NODE_STACK, PYTHON_STACK } from './stack-samples.ts';

const idOf = (stacktrace: string, type = '', message = '') => fingerprint({ type, message, stacktrace }).id;

test('version 1 gives these ids: a change of the algorithm needs a new version', () => {
  assert.deepEqual(
    [NODE_STACK, PYTHON_STACK, JAVA_STACK, GO_STACK].map((stack) => idOf(stack)),
    ['b222e5e331cf0e56', '91446fc33c900ab5', '22358d1dd69515e7', '7ba5dbe153bbbe62'],
  );
  assert.equal(fingerprint({ type: 'A', message: 'b', stacktrace: '' }).version, 1);
});

test('the parts tell what entered the hash, causes included', () => {
  assert.deepEqual(fingerprint({ type: 'PaymentTimeoutError', message: '', stacktrace: NODE_STACK }).parts, [
    'type: PaymentTimeoutError',
    'message: provider timed out after <num>ms',
    'frame: charge (src/payments/provider.ts)',
    'frame: handle (src/payments/server.ts)',
    'frame: Order (dist/assets/index.js)',
    'cause type: TypeError',
    'cause message: fetch failed',
    'cause frame: inner (src/payments/http.ts)',
  ]);
});

test('another deployment of the same code, other line numbers and another bundle hash give the same id', () => {
  const other = NODE_STACK.replaceAll('/srv/releases/812/', '/home/deploy/2026-11-26/')
    .replaceAll(/:\d+:\d+\)/g, ':9:9)')
    .replace('index-DhX92_a1.js', 'index-Bq77Zk2_.js')
    .replace('3000ms', '500ms');
  assert.notEqual(other, NODE_STACK);
  assert.equal(idOf(other), idOf(NODE_STACK));
});

test('another type, message, function, file or cause gives another id', () => {
  const changes: [string, string][] = [
    ['PaymentTimeoutError', 'PaymentError'],
    ['timed out', 'went away'],
    ['at charge', 'at refund'],
    ['payments/provider.ts', 'payments/bank.ts'],
    ['fetch failed', 'socket closed'],
    ['at inner', 'at outer'],
  ];
  const ids = changes.map(([from, to]) => idOf(NODE_STACK.replace(from, to)));
  assert.equal(new Set([idOf(NODE_STACK), ...ids]).size, changes.length + 1);
});

test('library frames and the depth of a recursion do not count', () => {
  const deep = NODE_STACK.replace(/( +at charge .*\n)/, '$1$1$1');
  const upgraded = NODE_STACK.replace('node_modules/x/y.js:1:2', 'node_modules/x/z.js:3:4\n    at q (node:net:1:1)');
  assert.equal(idOf(deep), idOf(NODE_STACK));
  assert.equal(idOf(upgraded), idOf(NODE_STACK));
});

test('an error code that a tracer gives as the type is the class that the stack trace names', () => {
  const stack = 'TypeError [ERR_INVALID_URL]: Invalid URL\n    at parse (/app/src/url.ts:1:1)';
  assert.equal(fingerprint({ type: 'ERR_INVALID_URL', message: 'Invalid URL', stacktrace: stack }).type, 'TypeError');
  assert.equal(idOf(stack, 'ERR_INVALID_URL', 'Invalid URL'), idOf(stack, 'TypeError', 'Invalid URL'));
  // Plain `Error` says less than the code.
  assert.equal(
    fingerprint({ type: 'PAYMENT_DECLINED', message: 'x', stacktrace: 'Error: x\n    at f (/a.js:1:1)' }).type,
    'PAYMENT_DECLINED',
  );
});

test('without a stack trace, type and normalised message decide', () => {
  assert.equal(idOf('', 'Error', 'user 1 not found'), idOf('', 'Error', 'user 2 not found'));
  assert.notEqual(idOf('', 'Error', 'user 1 not found'), idOf('', 'TypeError', 'user 1 not found'));
  assert.match(idOf('', '\0', '\u{d800}'), /^[0-9a-f]{16}$/);
});

test('the culprit is the in-app frame nearest to the throw, of a cause where the exception has none', () => {
  assert.equal(fingerprint({ type: '', message: '', stacktrace: PYTHON_STACK }).culprit, 'handle (app/orders/api.py)');
  const wrapped = 'Error: a\n    at x (node:net:1:1)\n  [cause]: Error: b\n    at work (/app/src/b.ts:1:1)';
  assert.equal(fingerprint({ type: '', message: '', stacktrace: wrapped }).culprit, 'work (src/b.ts)');
});

test('files lose prefixes, queries and hashes; functions lose decorations', () => {
  const files: [string, string][] = [
    ['webpack://shop/./src/a.ts?1f3a', 'src/a.ts'],
    ['https://cdn.example/v12/main.4f3a2b1c.js', '<n>/main.js'],
    ['/srv/app/dist/chunk-XJ5K2ABC.mjs', 'dist/chunk.mjs'],
    ['C:\\work\\shop\\src\\a.ts', 'src/a.ts'],
    ['/a/b/c/d/order-service.ts', 'c/d/order-service.ts'],
    ['OrderController.java', 'OrderController.java'],
  ];
  for (const [file, stable] of files) assert.equal(stableFile(file), stable, file);
  const functions: [string, string][] = [
    ['async new Order', 'Order'],
    ['Object.handle [as onRequest]', 'handle'],
    ['a.B.lambda$create$12', 'a.B.lambda$create'],
    ['a.B$$SpringCGLIB$$0.create', 'a.B.create'],
    ['main.main.func1.2', 'main.main.func'],
  ];
  for (const [name, stable] of functions) assert.equal(stableFunction(name), stable, name);
});
