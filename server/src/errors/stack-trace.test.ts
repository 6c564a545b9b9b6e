import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GO_STACK, JAVA_STACK, NODE_STACK, PYTHON_STACK } from './stack-samples.ts';
import { type ParsedException, parseStackTrace } from './stack-trace.ts';

function inAppFunctions(exception: ParsedException | undefined): string[] {
  return (exception?.frames ?? []).filter(({ inApp }) => inApp).map((frame) => frame.function);
}

test('a Node.js stack: in-app frames, library frames, the cause', () => {
  const [error, cause, ...more] = parseStackTrace(NODE_STACK);
  assert.equal(more.length, 0);
  assert.equal(error?.type, 'PaymentTimeoutError');
  assert.equal(error?.message, 'provider timed out after 3000ms');
  assert.deepEqual(error?.frames[0], {
    function: 'charge',
    file: 'file:///srv/releases/812/shop/src/payments/provider.ts',
    line: 42,
    column: 11,
    inApp: true,
  });
  assert.deepEqual(inAppFunctions(error), ['charge', 'Object.handle [as onRequest]', 'new Order']);
  assert.equal(cause?.type, 'TypeError');
  assert.deepEqual(inAppFunctions(cause), ['inner']);
});

test('the stack of a real error of this process is read', () => {
  const [error] = parseStackTrace(new RangeError('first line\nsecond line').stack ?? '');
  assert.equal(error?.type, 'RangeError');
  assert.equal(error?.message, 'first line\nsecond line');
  assert.match(error?.frames[0]?.file ?? '', /stack-trace\.test\.ts$/);
  assert.ok(error?.frames.some(({ inApp, file }) => !inApp && file.startsWith('node:')));
});

test('a Python traceback: the throw comes first, the exception raised last is the reported one', () => {
  const [error, cause] = parseStackTrace(PYTHON_STACK);
  assert.equal(error?.type, 'orders.errors.OrderNotFound');
  assert.deepEqual(
    error?.frames.map((frame) => [frame.function, frame.line, frame.inApp]),
    [
      ['y', 2, false],
      ['handle', 20, true],
      ['run', 118, false],
    ],
  );
  assert.equal(cause?.type, 'KeyError');
});

test('a Java stack: modules, proxies, lambdas, "Caused by", and no suppressed exceptions', () => {
  const [error, cause, ...more] = parseStackTrace(JAVA_STACK);
  assert.equal(more.length, 0);
  assert.deepEqual(inAppFunctions(error), ['com.acme.shop.OrderController.lambda$create$12']);
  assert.equal(error?.frames.at(-1)?.function, 'java.lang.Thread.run');
  assert.equal(cause?.type, 'com.acme.shop.PaymentException');
  assert.deepEqual(cause?.frames, [
    { function: 'com.acme.shop.Payments.charge', file: 'Payments.java', line: 7, column: null, inApp: true },
  ]);
});

test('a Go panic: the first goroutine, without the panic machinery', () => {
  const [error, ...more] = parseStackTrace(GO_STACK);
  assert.equal(more.length, 0);
  assert.equal(error?.message, 'runtime error: invalid memory address or nil pointer dereference');
  assert.deepEqual(inAppFunctions(error), ['github.com/acme/shop/orders.(*Handler).Create', 'main.main.func1.2']);
  assert.equal(error?.frames[0]?.line, 42);
});

test('text that is no stack trace has no frames, and nothing makes the parser fail', () => {
  assert.deepEqual(parseStackTrace(''), [{ type: '', message: '', frames: [] }]);
  assert.deepEqual(parseStackTrace('just words'), [{ type: '', message: 'just words', frames: [] }]);
  const line = fc.oneof(
    fc.constantFrom(...[NODE_STACK, PYTHON_STACK, JAVA_STACK, GO_STACK].flatMap((stack) => stack.split('\n'))),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      assert.ok(parseStackTrace(lines.join('\n')).length >= 1);
    }),
    { numRuns: 200 },
  );
});

test('a megabyte is read in linear time', () => {
  for (const unit of [
    'at ',
    'a.b(',
    '\tx.go:1\n',
    'Caused by: x\n',
    '    at f (a.js:1:2)\n',
    'a(((',
    '  File "',
    ' [as ',
  ]) {
    const started = process.cpuUsage();
    parseStackTrace(unit.repeat(1_000_000 / unit.length));
    assert.ok(process.cpuUsage(started).user < 1_500_000, JSON.stringify(unit));
  }
});
