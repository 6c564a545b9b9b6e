import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClickhouseUrl } from './clickhouse-url.ts';
import { readConfig } from './config.ts';

test('user, password and database are taken out of the URL', () => {
  assert.deepEqual(readClickhouseUrl('https://an%40a:p%2Fw%25@db.example:8443/prod_1/'), {
    url: 'https://db.example:8443',
    username: 'an@a',
    password: 'p/w%',
    database: 'prod_1',
  });
  assert.deepEqual(readClickhouseUrl('http://[::1]:8123'), {
    url: 'http://[::1]:8123',
    username: 'default',
    password: '',
  });
});

test('a wrong URL is a mistake of the configuration, named without user and password', () => {
  for (const [url, reason] of [
    ['http://ana:hunter2%zz@host', /a % in its user or password/],
    ['http://an%a:hunter2@host', /a % in its user or password/],
    ['http://ana:hunter2@host/a/b', /database name .* ends with "\/a\/b"/],
    ['http://ana:hunter2@host/a-b', /database name/],
    ['http://ana:hunter2@host/a?password=hunter2', /query/],
    ['ana:hunter2@host:8123', /http or https/],
    ['host:8123', /http or https/],
  ] as const) {
    assert.throws(
      () => readConfig([], { BREAKWATER_CLICKHOUSE_URL: url }),
      (error: Error) =>
        error.name === 'ConfigError' && reason.test(error.message) && !/hunter2|ana/.test(error.message),
      url,
    );
  }
});
