import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, stdoutSink } from '@breakwater/log';
import express from 'express';
import { expressEdge, expressErrors } from '../adapters/express.ts';
import { createEdge } from '../edge.ts';
import { createHealth } from '../health.ts';
import { createShutdown } from '../shutdown.ts';

// A service that a test stops under load. Says its port to the parent process.
const log = createLogger({ service: 'drain', level: 'warn', sinks: [stdoutSink()] });
const health = createHealth();
const edge = createEdge({ log, guards: [health.guard] });
const app = express();
app.use(expressEdge(edge));
app.get('/work', (request, response) => {
  setTimeout(() => response.json({ ok: true }), Number(request.query['ms'] ?? 5));
});
app.use(expressErrors(edge));
const server = createServer(app);
const shutdown = { drainMs: 400, timeoutMs: Number(process.env['TIMEOUT_MS'] ?? 5000) };
createShutdown({ server, log, health, ...shutdown, closers: [{ name: 'log', close: () => log.close() }] });
server.listen(0, '127.0.0.1');
await once(server, 'listening');
health.started();
process.send?.((server.address() as AddressInfo).port);
process.channel?.unref();
