import { createEdge, createHealth, fromNodeRequest } from '@breakwater/http';

const health = createHealth({
  checks: [
    { name: 'database', check: async () => {} },
    { name: 'recommendations', required: false, check: () => Promise.reject(new Error('away')) },
  ],
  detailsFor: (exchange) => exchange.request.header('x-probe-secret') === 'open sesame',
});
const edge = createEdge({ log: { log: () => {} }, guards: [health.guard] });

async function probe(path: string): Promise<void> {
  const request = { url: path, headers: {}, socket: { remoteAddress: '10.0.0.1' } };
  const answer = await edge.open(fromNodeRequest(request)).guard();
  console.log(path, answer?.status, answer?.body);
}

await probe('/startupz');
health.started();
await probe('/readyz');
health.drain();
await probe('/readyz');
await probe('/livez');

// Output:
// /startupz 503 {"status":"fail"}
// /readyz 200 {"status":"degraded"}
// /readyz 503 {"status":"fail"}
// /livez 200 {"status":"pass"}
