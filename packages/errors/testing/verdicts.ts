// What the tests of the rule packs share.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { classify } from '../src/classify.ts';
import type { Verdict } from '../src/taxonomy.ts';

/** The verdict on what `fn` throws. Fails when it throws nothing. */
export async function verdictOf(fn: () => unknown): Promise<Verdict> {
  try {
    await fn();
  } catch (error) {
    return classify(error);
  }
  throw new Error('expected a failure');
}

/** Compares the named parts of a verdict. */
export function assertVerdict(verdict: Verdict, expected: Partial<Verdict>): void {
  const shown = Object.fromEntries(Object.keys(expected).map((key) => [key, verdict[key as keyof Verdict]]));
  assert.deepEqual(shown, expected, JSON.stringify(verdict.evidence));
}

/** A port of this machine on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What every client must make of a closed port. */
export const refused = { reason: 'connection-refused', retryable: true, outcome: 'not-applied' } as const;
