import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ApiContext } from './context.ts';
import { openApiDocument } from './openapi.ts';
import type { Route } from './route.ts';
import { createRoutes } from './routes.ts';
import { startTestApi } from './testing/api-server.ts';

const parts = { detector: { rules: {}, alerts: {}, incidents: {}, receivers: {} }, auth: null, demoUrl: null };
const routes: readonly Route[] = createRoutes(parts as unknown as ApiContext);

test('the served document has every route, its parameters and shapes', async () => {
  const api = await startTestApi();
  const document = await api.get<{
    paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
    components: { schemas: Record<string, unknown> };
  }>('/openapi.json');
  await api.stop();
  assert.deepEqual(document, JSON.parse(JSON.stringify(openApiDocument(routes))));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  assert.deepEqual(operations.map(({ name }) => name).toSorted(), routes.map(nameOf).toSorted());
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length);
  for (const { name, operation } of operations) {
    const inPath = operation.parameters
      .filter((parameter) => parameter.in === 'path')
      .map((parameter) => parameter.name);
    assert.deepEqual(
      inPath,
      [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
    );
  }
});

test('every shape a route names is a type of types.ts', () => {
  const source = readFileSync(new URL('./types.ts', import.meta.url), 'utf8');
  for (const route of routes) {
    for (const shape of [route.body, route.answer]) {
      if (!shape || shape === 'OpenApi') continue;
      assert.match(source, new RegExp(`^export (?:interface|type) ${shape}\\b`, 'm'), `${nameOf(route)}: ${shape}`);
    }
  }
});

test('docs/api.md lists every route with its parameters, and no other', () => {
  const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `(GET|POST|PUT|PATCH|DELETE) (\/[^`?]*)(\?[^`]*)?` \|/gm)].map(
    ([, method, path, query]) => ({ name: `${method} ${path}`, parameters: query ? query.slice(1).split('&') : [] }),
  );
  assert.deepEqual(
    documented,
    routes.map((route) => ({
      name: nameOf(route),
      parameters: (route.parameters ?? []).map((parameter) => parameter.name),
    })),
  );
});

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}
