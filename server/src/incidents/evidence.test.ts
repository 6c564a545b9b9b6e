import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '../query/parse.ts';
import { logQueryOf } from './evidence.ts';

test('the query of an incident names its services and its environment', () => {
  const query = logQueryOf({ services: ['payments', 'shop front'], environment: 'prod' });
  assert.equal(query, '(service:payments OR service:"shop front") environment:prod severity:>=error');
  assert.ok(parseQuery(query, 'logs').ok);
});

test('the query of an incident of very many services can be read', () => {
  for (const services of [
    Array.from({ length: 400 }, (_, index) => `s${index}`),
    Array.from({ length: 30 }, (_, index) => `${index}-`.padEnd(200, 'x')),
  ]) {
    const query = logQueryOf({ services, environment: 'prod' });
    assert.equal(query, 'environment:prod severity:>=error');
    assert.ok(parseQuery(query, 'logs').ok);
  }
});
