import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouter, type Method, type Route } from './route.ts';

function route(method: Method, path: string): Route {
  return { method, path, summary: '', answer: '', handle: () => ({ empty: true }) };
}

test('a path finds its route, its parts decoded', () => {
  const router = createRouter([
    route('GET', '/metrics/{name}'),
    route('GET', '/metrics/{name}/points'),
    route('PUT', '/a/{id}'),
  ]);
  const found = router.find('GET', '/metrics/http.server%2Fduration%20x');
  assert.equal(found.outcome, 'found');
  assert.deepEqual(found.outcome === 'found' && found.params, { name: 'http.server/duration x' });
  assert.equal(router.find('HEAD', '/metrics/a/points').outcome, 'found');
  assert.deepEqual(router.find('GET', '/a/1'), { outcome: 'wrong_method', allowed: ['PUT'] });
  for (const path of ['', '/', '/metrics', '/metrics/', '/metrics/a/b', '/metrics/%zz', '/metrics/a/points/']) {
    assert.equal(router.find('GET', path).outcome, 'not_found', path);
  }
});

test('a fixed path goes before one that varies, whatever their order', () => {
  const router = createRouter([route('GET', '/traces/{traceId}'), route('GET', '/traces/histogram')]);
  const found = router.find('GET', '/traces/histogram');
  assert.equal(found.outcome === 'found' && found.route.path, '/traces/histogram');
});

test('two routes for the same path are a mistake', () => {
  assert.throws(() => createRouter([route('GET', '/a/{id}'), route('GET', '/a/{name}')]), TypeError);
});
