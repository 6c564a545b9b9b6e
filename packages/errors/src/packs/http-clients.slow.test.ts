import assert from 'node:assert/strict';

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import http2 from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import axios from 'axios';
import got from 'got';
import ky from 'ky';
import { Agent, request, errors as undiciErrors, fetch as undiciFetch } from 'undici';
import { assertVerdict, closedPort, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';

describe('HTTP clients, made to fail against a local server', () => {
  let server: Server;
  let base: string;
  let closed: string;

  before(async () => {
    closed = `http://127.0.0.1:${await closedPort()}`;
    server = createServer((req, res) => {
      const path = req.url ?? '/';
      if (path === '/silent') return;
      if (path === '/reset') return void req.socket.resetAndDestroy();
      if (path === '/half') {
        res.writeHead(200, { 'content-length': '100' });
        return void res.write('part', () => req.socket.destroy());
      }
      if (path === '/loop') return void res.writeHead(302, { location: '/loop' }).end();
      const status = Number(path.slice(1));
      res.writeHead(status, status === 503 || status === 429 ? { 'retry-after': '7' } : {}).end('{"error":"x"}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const refused = {
    reason: 'connection-refused',
    code: 'ECONNREFUSED',
    domain: 'node-network',
    category: 'transient',
    retryable: true,
    outcome: 'not-applied',
    httpStatus: 503,
    countsForBreaker: true,
  } as const;
  const unavailable = {
    reason: 'unavailable',
    code: 'HTTP_503',
    domain: 'http',
    category: 'transient',
    retryable: true,
    outcome: 'unknown',
    retryAfterMs: 7000,
  } as const;
  const cancelled = {
    reason: 'cancelled',
    category: 'permanent',
    retryable: false,
    cancelled: true,
    countsForBreaker: false,
  } as const;

  it('a closed port is connection-refused with every client', async () => {
    assertVerdict(await verdictOf(() => fetch(closed)), {
      ...refused,
      evidence: { strength: 'system-code', rule: 'node-network/connection-refused', at: 'cause' },
    });
    assertVerdict(await verdictOf(() => undiciFetch(closed)), refused);
    assertVerdict(await verdictOf(() => request(closed)), refused);
    assertVerdict(await verdictOf(() => axios.get(closed)), refused);
    assertVerdict(await verdictOf(() => got(closed, { retry: { limit: 0 } })), refused);
    assertVerdict(await verdictOf(() => ky(closed, { retry: 0 })), refused);
  });

  it('a status 503 with Retry-After is unavailable with its delay', async () => {
    const url = `${base}/503`;
    assertVerdict(await verdictOf(() => axios.get(url)), unavailable);
    assertVerdict(await verdictOf(() => got(url, { retry: { limit: 0 } })), unavailable);
    assertVerdict(await verdictOf(() => ky(url, { retry: 0 })), unavailable);
  });

  it('other statuses are judged by the status, not by the class of the client error', async () => {
    assertVerdict(await verdictOf(() => axios.get(`${base}/400`)), {
      reason: 'request-rejected',
      category: 'permanent',
      retryable: false,
      httpStatus: 500,
    });
    assertVerdict(await verdictOf(() => got(`${base}/401`, { retry: { limit: 0 } })), {
      reason: 'credentials-rejected',
      category: 'systemic',
      alert: true,
      httpStatus: 500,
    });
    assertVerdict(await verdictOf(() => ky(`${base}/404`, { retry: 0 })), {
      reason: 'not-found',
      category: 'permanent',
      httpStatus: 404,
    });
    assertVerdict(await verdictOf(() => axios.get(`${base}/429`)), {
      reason: 'rate-limited',
      outcome: 'not-applied',
      retryAfterMs: 7000,
      countsForBreaker: false,
    });
    assertVerdict(await verdictOf(() => ky(`${base}/409`, { retry: 0 })), { reason: 'conflict', category: 'business' });
  });

  it('a time limit is a timeout, and not the caller giving up', async () => {
    const url = `${base}/silent`;
    assertVerdict(await verdictOf(() => fetch(url, { signal: AbortSignal.timeout(20) })), {
      reason: 'timeout',
      retryable: true,
      outcome: 'unknown',
      cancelled: false,
    });
    assertVerdict(
      await verdictOf(() => request(url, { headersTimeout: 20, dispatcher: new Agent({ headersTimeout: 20 }) })),
      { reason: 'timeout', code: 'UND_ERR_HEADERS_TIMEOUT' },
    );
    assertVerdict(await verdictOf(() => axios.get(url, { timeout: 20 })), {
      reason: 'timeout',
      code: 'ECONNABORTED',
      domain: 'axios',
      outcome: 'unknown',
    });
    assertVerdict(await verdictOf(() => got(url, { timeout: { request: 20 }, retry: { limit: 0 } })), {
      reason: 'timeout',
      code: 'ETIMEDOUT',
      domain: 'got',
    });
    assertVerdict(await verdictOf(() => ky(url, { timeout: 20, retry: 0 })), { reason: 'timeout', retryable: true });
  });

  it('an abort by the caller is cancelled with every client', async () => {
    const aborted = () => AbortSignal.abort();
    assertVerdict(await verdictOf(() => fetch(base, { signal: aborted() })), cancelled);
    assertVerdict(await verdictOf(() => request(base, { signal: aborted() })), cancelled);
    assertVerdict(await verdictOf(() => axios.get(base, { signal: aborted() })), cancelled);
    assertVerdict(await verdictOf(() => got(base, { signal: aborted(), retry: { limit: 0 } })), cancelled);
    assertVerdict(await verdictOf(() => ky(base, { signal: aborted(), retry: 0 })), cancelled);
  });

  it('a connection cut after the request leaves the outcome unknown', async () => {
    const lost = { reason: 'connection-lost', retryable: true, outcome: 'unknown' } as const;
    assertVerdict(await verdictOf(() => fetch(`${base}/reset`)), lost);
    assertVerdict(await verdictOf(() => axios.get(`${base}/reset`)), { ...lost, code: 'ECONNRESET' });
    assertVerdict(await verdictOf(async () => (await fetch(`${base}/half`)).text()), lost);
  });

  it('a circle of redirects is systemic', async () => {
    assertVerdict(await verdictOf(() => axios.get(`${base}/loop`)), {
      reason: 'too-many-redirects',
      category: 'systemic',
      retryable: false,
    });
    assertVerdict(await verdictOf(() => got(`${base}/loop`, { retry: { limit: 0 } })), {
      reason: 'too-many-redirects',
      domain: 'got',
    });
  });

  it('a wrong argument is a bug', async () => {
    assertVerdict(await verdictOf(() => request(base, { headersTimeout: -1 })), {
      reason: 'bug',
      code: 'UND_ERR_INVALID_ARG',
    });
    assertVerdict(await verdictOf(() => fetch('http://[')), { reason: 'bug' });
  });

  it('every code of undici has a rule', () => {
    // Two carry a status, which decides; two are base classes; Socks5ProxyError is given its code.
    const without = ['UndiciError', 'RequestRetryError', 'ResponseError', 'WebAssemblyNotSupportedError'];
    for (const [name, Class] of Object.entries(undiciErrors)) {
      if (without.includes(name)) continue;
      const error = Reflect.construct(Class as new (message: string) => Error, ['x', 'UND_ERR_SOCKS5']);
      assert.notEqual(classify(error).reason, 'unknown', name);
    }
    const answer = Reflect.construct(undiciErrors.ResponseError, ['x', 503, { headers: { 'retry-after': '7' } }]);
    assertVerdict(classify(answer), { reason: 'unavailable', retryAfterMs: 7000 });
  });

  it('a body that is not JSON is response-invalid with got', async () => {
    assertVerdict(
      await verdictOf(() => got(`${base}/200`, { responseType: 'json', parseJson: () => JSON.parse('<') }).json()),
      { reason: 'response-invalid' },
    );
  });

  it('a refused HTTP/2 session is connection-refused, a request on a destroyed one not applied', async () => {
    const refusedSession = http2.connect(closed);
    const [refusal] = await once(refusedSession, 'error');
    assertVerdict(classify(refusal), refused);
    const [gone] = await once(refusedSession.request({}), 'error');
    assertVerdict(classify(gone), {
      reason: 'shutting-down',
      code: 'ERR_HTTP2_INVALID_SESSION',
      outcome: 'not-applied',
    });
  });

  it('a raw socket to a closed port, a missing file, a missing host', async () => {
    const socket = connect({ port: Number(new URL(closed).port), host: '127.0.0.1' });
    const [error] = await once(socket, 'error');
    assertVerdict(classify(error), refused);
  });
});
