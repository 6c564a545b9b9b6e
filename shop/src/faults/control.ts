import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FAULTS, type FaultName, isFaultName } from './catalogue.ts';

export interface FaultState {
  readonly name: FaultName;
  readonly title: string;
  readonly description: string;
  readonly enabled: boolean;
  /** Epoch milliseconds at which it ends by itself, or null. */
  readonly endsAt: number | null;
}

export interface FaultControl {
  list(): FaultState[];
  enabled(): FaultName[];
  /** Switches a fault. `forMs` ends it by itself. */
  set(name: FaultName, on: boolean, forMs?: number): void;
  close(): void;
}

/** Keeps which faults are on, and tells `onChange` whenever that changes. */
export function createFaultControl(
  onChange: (enabled: FaultName[]) => void,
  now: () => number = Date.now,
): FaultControl {
  const on = new Map<FaultName, { endsAt: number | null; timer: NodeJS.Timeout | undefined }>();
  const enabled = (): FaultName[] => [...on.keys()];
  const set = (name: FaultName, enable: boolean, forMs?: number): void => {
    clearTimeout(on.get(name)?.timer);
    on.delete(name);
    if (enable) {
      const timer = forMs === undefined ? undefined : setTimeout(() => set(name, false), forMs);
      on.set(name, { endsAt: forMs === undefined ? null : now() + forMs, timer });
    }
    onChange(enabled());
  };
  return {
    list: () =>
      FAULTS.map((fault) => {
        const entry = on.get(fault.name);
        return { ...fault, enabled: entry !== undefined, endsAt: entry?.endsAt ?? null };
      }),
    enabled,
    set,
    close() {
      for (const { timer } of on.values()) clearTimeout(timer);
      on.clear();
    },
  };
}

/** `GET /faults`; `PUT /faults/NAME` with `{"enabled": true, "forSeconds": 60}`. Loopback only. */
export async function serveFaultControl(
  control: FaultControl,
  port: number,
): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(control, request).then(
      ({ status, body }) => sendJson(response, status, body),
      (error: unknown) => sendJson(response, 500, { message: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(control: FaultControl, request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const path = new URL(request.url ?? '/', 'http://shop').pathname;
  if (path === '/faults' && request.method === 'GET') return { status: 200, body: { faults: control.list() } };
  const name = /^\/faults\/([\w-]+)$/.exec(path)?.[1];
  if (name === undefined || request.method !== 'PUT')
    return { status: 404, body: { message: 'GET /faults or PUT /faults/NAME' } };
  if (!isFaultName(name)) {
    return {
      status: 404,
      body: { message: `No fault is named "${name}". There are: ${FAULTS.map((fault) => fault.name).join(', ')}` },
    };
  }
  const input = await readInput(request);
  if (input === undefined) {
    return {
      status: 400,
      body: { message: 'The body must be {"enabled": true or false, "forSeconds": optional number from 1 to 3600}' },
    };
  }
  control.set(name, input.enabled, input.forSeconds === undefined ? undefined : input.forSeconds * 1_000);
  return { status: 200, body: control.list().find((fault) => fault.name === name) };
}

async function readInput(request: IncomingMessage): Promise<{ enabled: boolean; forSeconds?: number } | undefined> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.length > 1_000) return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { enabled, forSeconds } = value as { enabled?: unknown; forSeconds?: unknown };
  if (typeof enabled !== 'boolean') return undefined;
  if (forSeconds === undefined) return { enabled };
  return typeof forSeconds === 'number' && forSeconds >= 1 && forSeconds <= 3_600 ? { enabled, forSeconds } : undefined;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
