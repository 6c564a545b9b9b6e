import type { Route } from './route.ts';

/** GET /openapi.json: what the other routes say of themselves. The document's own path is part of it. */
export function openApiRoute(routes: readonly Route[]): Route {
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    answer: 'OpenApi',
    handle: () => ({ json: document }),
  };
  const document = openApiDocument([...routes, route]);
  return route;
}

/** OpenAPI 3.1. The shapes of bodies are named; they are defined in server/src/api/types.ts and told in docs/api.md. */
export function openApiDocument(routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const shapes = new Set<string>(['Problem']);
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = operations;
    if (route.body) shapes.add(route.body);
    if (route.answer) shapes.add(route.answer);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Breakwater', version: '1', description: 'See docs/api.md.' },
    servers: [{ url: '/api/v1' }],
    security: [{ session: [] }, { key: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'breakwater_session' },
        key: { type: 'http', scheme: 'bearer', description: 'A key of kind api.' },
      },
      schemas: Object.fromEntries(
        [...shapes]
          .toSorted()
          .map((name) => [name, { type: 'object', description: `The type ${name} of server/src/api/types.ts.` }]),
      ),
    },
  };
}

function operationOf(route: Route): Record<string, unknown> {
  const pathParameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const queryParameters = (route.parameters ?? []).map(({ name, type, description }) => ({
    name,
    in: 'query',
    description,
    schema: { type },
  }));
  const contentType = route.path === '/logs/tail' ? 'text/event-stream' : 'application/json';
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    ...(route.isPublic && { security: [] }),
    parameters: [...pathParameters, ...queryParameters],
    ...(route.body && { requestBody: { required: true, content: contentOf('application/json', route.body) } }),
    responses: {
      ...(route.answer
        ? { '2XX': { description: route.answer, content: contentOf(contentType, route.answer) } }
        : { '204': { description: 'Done' } }),
      default: { description: 'What went wrong', content: contentOf('application/problem+json', 'Problem') },
    },
  };
}

function contentOf(type: string, shape: string): Record<string, unknown> {
  return { [type]: { schema: { $ref: `#/components/schemas/${shape}` } } };
}

/** `getLogsHistogram`, `putAlertRulesById`. */
function operationIdOf({ method, path }: Route): string {
  const words = path.split(/[/.-]/).filter((part) => part !== '');
  const names = words.map((word) => (word.startsWith('{') ? `By${capital(word.slice(1, -1))}` : capital(word)));
  return method.toLowerCase() + names.join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
