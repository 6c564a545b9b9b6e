import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { goToolPath, VERSITYGW } from '../../scripts/go-tool.ts';
import { publicKey } from '../../scripts/mutation-run.ts';
import { nodePrimitives } from '../cli/primitives.ts';
import { isAuditError } from '../errors.ts';
import { generateSigner } from '../note.ts';
import { authentication } from '../presets.ts';
import { openTrail } from '../trail.ts';
import { verifyTrail } from '../verify/verify.ts';
import { storeContract } from './contract.ts';
import { type S3StoreOptions, s3Store } from './s3.ts';
import { signRequest } from './sigv4.ts';

const program = goToolPath(VERSITYGW);
const skip = existsSync(program)
  ? undefined
  : 'the S3 server is not built; npm run build:s3-server -w @breakwater/audit does it once';
const credentials = { accessKeyId: 'testkey', secretAccessKey: 'testsecret' };
const region = 'us-east-1';
let folder: string;
let server: ChildProcess;
let endpoint: string;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The bucket, as soon as the server answers. */
async function makeBucket(): Promise<void> {
  const url = new URL(`${endpoint}/bucket`);
  const body = new Uint8Array(0);
  for (let attempt = 0; ; attempt += 1) {
    const headers = signRequest({ method: 'PUT', url, headers: {}, body }, credentials, region, new Date());
    try {
      const response = await fetch(url, { method: 'PUT', headers });
      assert.equal(response.status, 200, await response.text());
      return;
    } catch (error) {
      if (attempt === 500 || error instanceof assert.AssertionError) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function open(prefix: string, more: Partial<S3StoreOptions> = {}): ReturnType<typeof s3Store> {
  return s3Store({ endpoint, region, bucket: 'bucket', prefix, credentials, ...more });
}

describe('S3 of versitygw', { timeout: 120_000, ...(skip === undefined ? {} : { skip }) }, () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bw-audit-versitygw-'));
    for (const name of ['data', 'meta', 'iam']) await mkdir(join(folder, name));
    endpoint = `http://127.0.0.1:${await freePort()}`;
    const { accessKeyId, secretAccessKey } = credentials;
    const args = ['--access', accessKeyId, '--secret', secretAccessKey, '--port', endpoint.slice(7), '--quiet'];
    const backend = ['posix', '--sidecar', join(folder, 'meta'), join(folder, 'data')];
    server = spawn(program, [...args, '--iam-dir', join(folder, 'iam'), ...backend], {
      stdio: 'ignore',
    });
    await makeBucket();
  });
  after(async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    }
    await rm(folder, { recursive: true });
  });

  let places = 0;
  storeContract('versitygw', async () => {
    places += 1;
    const prefix = `place ${places}/ä+(1)/`;
    return { open: () => open(prefix) };
  });

  const signer = generateSigner('audit.example.com/s3');
  const login = authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' });

  test('R28: a trail with full and partial tiles goes on after a restart, and verifies', async () => {
    let store = open('trail/');
    for (const count of [300, 1, 700]) {
      store = open('trail/');
      const trail = await openTrail({ store, signer });
      await Promise.all(Array.from({ length: count }, () => trail.append(login)));
      await trail.close();
    }
    const report = await verifyTrail({ source: store, keys: [publicKey(signer)], primitives: nodePrimitives });
    assert.deepEqual([report.ok, report.checkedEntries], [true, 1_001]);
  });

  test('R28: a journal of more than one listing page is read in order', async () => {
    const store = open('pages/');
    await store.lock();
    const count = 1_005;
    for (let from = 0; from < count; from += 15)
      await Promise.all(
        Array.from({ length: 15 }, (_, i) => store.appendJournal(from + i, [Buffer.from(String(from + i))])),
      );
    const found: number[] = [];
    for await (const { index } of store.readJournal()) found.push(index);
    assert.deepEqual(
      found,
      Array.from({ length: count }, (_, i) => i),
    );
    await store.close();
  });

  test('R28: of writers that begin at once one gets the lock', async () => {
    const stores = Array.from({ length: 8 }, () => open('race/'));
    const results = await Promise.allSettled(stores.map((store) => store.lock()));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results)
      if (result.status === 'rejected') assert.ok(isAuditError(result.reason, 'AUDIT_LOCKED'), String(result.reason));
    for (const store of stores) await store.close();
  });

  test('R28: conditional writes keep two writers that both hold the lock from forking the trail', async () => {
    const first = await openTrail({ store: open('two/'), signer, publishIntervalMs: 3_600_000 });
    await first.append(login, 'published');
    const second = await openTrail({ store: open('two/', { takeOver: true }), signer, publishIntervalMs: 3_600_000 });
    const appends = await Promise.allSettled([
      ...Array.from({ length: 20 }, (_, i) => first.append({ ...login, actor: { id: `first_${i}` } })),
      ...Array.from({ length: 20 }, (_, i) => second.append({ ...login, actor: { id: `second_${i}` } })),
    ]);
    // One batch per writer was under way for index 1: the server takes one of them.
    const kept = appends.filter(({ status }) => status === 'fulfilled').length;
    assert.ok(kept === 20, `${kept} appends were acknowledged`);
    for (const result of appends)
      if (result.status === 'rejected') assert.ok(isAuditError(result.reason, 'AUDIT_LOCKED'), String(result.reason));
    await Promise.allSettled([first.close(), second.close()]);
    const again = await openTrail({ store: open('two/', { takeOver: true }), signer });
    assert.equal(again.size, 21);
    await again.close();
    const report = await verifyTrail({ source: open('two/'), keys: [publicKey(signer)], primitives: nodePrimitives });
    assert.deepEqual([report.ok, report.checkedEntries], [true, 21]);
  });

  test('R28: a checkpoint is not replaced by a writer that did not see the last one', async () => {
    const one = open('checkpoint/');
    await one.lock();
    await one.write('checkpoint', Buffer.from('one'));
    const two = open('checkpoint/', { takeOver: true });
    await two.lock();
    await two.write('checkpoint', Buffer.from('two'));
    await assert.rejects(one.write('checkpoint', Buffer.from('other')), (error: unknown) =>
      isAuditError(error, 'AUDIT_LOCKED'),
    );
    assert.equal(Buffer.from((await two.read('checkpoint'))!).toString(), 'two');
    await two.close();
  });

  test('R26: a wrong secret surfaces', async () => {
    const store = open('x/', { credentials: { ...credentials, secretAccessKey: 'other' } });
    await assert.rejects(
      store.lock(),
      (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED') && /SignatureDoesNotMatch/.test(error.message),
    );
  });
});
