import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError, isLoopback, readConfig } from './config.ts';

test('defaults bind loopback and the documented ports', () => {
  const config = readConfig([], {});
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 4000);
  assert.equal(config.otlpPort, 4318);
  assert.equal(config.dataDir, resolve('data'));
  assert.equal(config.clickhouse, null);
  assert.equal(config.reopenAfterMs, 300_000);
});

test('the grace period is given in seconds, at most a day', () => {
  assert.equal(readConfig(['--reopen-after', '60'], {}).reopenAfterMs, 60_000);
  assert.throws(() => readConfig([], { BREAKWATER_REOPEN_AFTER: '90000' }), /from 0 to 86400, and is "90000"/);
});

test('the command line wins over the environment', () => {
  const config = readConfig(['--port', '5000', '--data', '/tmp/x'], {
    BREAKWATER_PORT: '6000',
    BREAKWATER_OTLP_PORT: '7000',
  });
  assert.equal(config.port, 5000);
  assert.equal(config.otlpPort, 7000);
  assert.equal(config.dataDir, '/tmp/x');
});

test('every mistake is named in one error, and no password is', () => {
  const mistaken = (): unknown =>
    readConfig(['--port', '70000', '--otlp-port', 'x'], { BREAKWATER_CLICKHOUSE_URL: 'ftp://user:hunter2@host' });
  assert.throws(mistaken, (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /--port .*"70000"/);
    assert.match(error.message, /--otlp-port .*"x"/);
    assert.match(error.message, /--clickhouse-url/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});

test('an unknown option and equal ports are refused', () => {
  assert.throws(() => readConfig(['--prot', '1'], {}), /--prot/);
  assert.throws(() => readConfig(['--port', '4318'], {}), /must differ/);
});

test('a new password is only for a server that demands one', () => {
  assert.equal(readConfig([], {}).newLogin, false);
  assert.equal(readConfig(['--new-login', '--host', '0.0.0.0'], {}).newLogin, true);
  assert.throws(() => readConfig(['--new-login'], {}), /a server on 127\.0\.0\.1 demands none/);
});

test('only addresses of this machine count as loopback', () => {
  assert.deepEqual(['127.0.0.1', '127.9.9.9', 'localhost', '::1'].map(isLoopback), [true, true, true, true]);
  assert.deepEqual(['0.0.0.0', '::', '10.0.0.1', '127.evil.example'].map(isLoopback), [false, false, false, false]);
});
