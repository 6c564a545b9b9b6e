import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAuditError } from '../errors.ts';
import { parseSigner, parseVerifier } from '../note.ts';
import { createWitness } from '../witness/create-witness.ts';
import { directoryWitnessState } from '../witness/directory-state.ts';
import { createWitnessHandler } from '../witness/handler.ts';
import { parse } from './parse.ts';
import type { CliOutput } from './run.ts';
import { UsageError } from './usage.ts';

/** A request is at most 128 KiB, so that a client that takes longer than this is not one. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 };
const STOP_MS = 2_000;

/** Runs a witness until SIGINT, SIGTERM or the output's signal, and ends with what was under way answered, within seconds. */
export async function runWitness(args: string[], output: CliOutput): Promise<number> {
  const text = { type: 'string' } as const;
  const { positionals, values } = parse({
    args,
    allowPositionals: true,
    options: { 'key-file': text, trail: { type: 'string', multiple: true }, state: text, listen: text },
  });
  if (positionals.length > 0) throw new UsageError(`witness takes no "${positionals[0]}"`);
  const { 'key-file': keyFile, trail, state: directory } = values;
  if (typeof keyFile !== 'string' || typeof directory !== 'string' || !Array.isArray(trail))
    throw new UsageError('witness needs --key-file, --trail and --state');
  const signer = await readOption('--key-file', async () => parseSigner(await readFile(keyFile, 'utf8')));
  if (signer.verifier.kind !== 'cosignature')
    throw new UsageError('--key-file: the key is not for cosignatures; keygen --witness makes one');
  const trails = await readOption('--trail', async () => trail.map((key) => parseVerifier(String(key))));
  const wrong = trails.find(({ kind }) => kind !== 'ed25519');
  if (wrong !== undefined) throw new UsageError(`--trail: the key of "${wrong.name}" is a witness's, not a trail's`);
  const { host, port } = addressOf(String(values['listen'] ?? '127.0.0.1:7380'));
  const state = await directoryWitnessState(directory);
  const handler = createWitnessHandler(createWitness({ signer, trails, state }), (error) =>
    output.err(`breakwater-audit: ${(error as Error).message}\n`),
  );
  const server = createServer(LIMITS, handler);
  try {
    server.listen(port, host);
    await once(server, 'listening');
    const at = server.address() as AddressInfo;
    const shown = at.family === 'IPv6' ? `[${at.address}]` : at.address;
    output.out(`Listening on http://${shown}:${at.port}/\nPublic key: ${signer.verifier}\n`);
    await untilStopped(output.signal);
    await stop(server);
  } finally {
    await state.close();
  }
  return 0;
}

/** What was under way is answered; a client that is still sending after `STOP_MS` was promised nothing. */
async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_MS);
  await closed;
  clearTimeout(timer);
}

async function untilStopped(signal: AbortSignal | undefined): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  const stop = (): void => stopped.resolve();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    await stopped.promise;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    signal?.removeEventListener('abort', stop);
  }
}

async function readOption<T>(option: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAuditError(error) || (error as NodeJS.ErrnoException).code !== undefined)
      throw new UsageError(`${option}: ${(error as Error).message}`);
    throw error;
  }
}

function addressOf(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new UsageError(`--listen must be HOST:PORT, and is "${text}"`);
  return { host: match[1] ?? match[2]!, port };
}
