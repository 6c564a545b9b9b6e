import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { nodePrimitives } from './cli/primitives.ts';
import { type AuditErrorCode, isAuditError } from './errors.ts';
import type { AuditEvent } from './event.ts';
import { generateSigner, generateWitnessSigner, type Signer } from './note.ts';
import { verifyConsistency, verifyInclusion } from './proof.ts';
import { memoryStore } from './stores/memory.ts';
import { openTrail } from './trail.ts';
import type { Trail } from './trail-types.ts';
import type { VerifyReport } from './verify/report.ts';
import { readPublicKey } from './verify/signed-checkpoint.ts';
import { verifyTrail } from './verify/verify.ts';
import { createWitness, type LastSigned } from './witness/create-witness.ts';
import type { Witness } from './witness/witness.ts';

const signer = generateSigner('audit.example.com/test');
const withCode =
  (code: AuditErrorCode) =>
  (error: unknown): boolean =>
    isAuditError(error, code);

function login(id: string, extra: Partial<AuditEvent> = {}): AuditEvent {
  return {
    type: 'authentication',
    actor: { id },
    action: 'login',
    resource: { type: 'user_account', id },
    outcome: 'success',
    ...extra,
  };
}

function verify(
  files: Map<string, Uint8Array>,
  signers: Signer[],
  more: { retired?: Signer[]; earlier?: Uint8Array[] } = {},
): Promise<VerifyReport> {
  const keysOf = (list: Signer[]) =>
    list.map((one) => {
      const key = readPublicKey(String(one.verifier), nodePrimitives);
      assert.notEqual(typeof key, 'string');
      return key as Exclude<typeof key, string>;
    });
  return verifyTrail({
    source: { description: 'memory', read: async (path) => files.get(path) ?? null },
    keys: keysOf(signers),
    retiredKeys: keysOf(more.retired ?? []),
    earlier: more.earlier ?? [],
    primitives: nodePrimitives,
  });
}

async function fill(trail: Trail, count: number, from = 0): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => trail.append(login(`user_${from + i}`))));
}

test('R10: each level resolves when its promise holds', async () => {
  const store = memoryStore();
  const trail = await openTrail({ store, signer, now: () => 0 });
  const accepted = await trail.append(login('a'), 'accepted');
  assert.equal(accepted.index, 0);
  const durable = await trail.append(login('b'));
  assert.equal(durable.index, 1);
  await assert.rejects(trail.entry(1), withCode('AUDIT_NOT_FOUND'));
  const published = await trail.append(login('c'), 'published');
  const entry = await trail.entry(published.index);
  assert.equal(entry.id, published.id);
  assert.equal(entry.time, '1970-01-01T00:00:00.000Z');
  assert.equal(entry.component, hostname());
  const root = Buffer.from(trail.checkpoint()!.split('\n')[2]!, 'base64');
  assert.ok(verifyInclusion(1, 3, durable.leafHash, await trail.inclusionProof(1), root));
  await trail.close();
});

test('R11: a trail goes on where it ended, with its journal, at any size', async () => {
  const store = memoryStore();
  let size = 0;
  let oldRoot: Buffer | null = null;
  let oldSize = 0;
  for (const count of [1, 254, 1, 1, 255, 600, 0]) {
    const trail = await openTrail({ store, signer });
    assert.equal(trail.size, size);
    await fill(trail, count, size);
    size += count;
    await trail.publish();
    const root = Buffer.from(trail.checkpoint()!.split('\n')[2]!, 'base64');
    if (oldRoot !== null)
      assert.ok(
        verifyConsistency(oldSize, size, oldRoot, root, await trail.consistencyProof(oldSize)),
        `${oldSize} to ${size}`,
      );
    oldRoot = root;
    oldSize = size;
    await trail.close();
  }
  const report = await verify(store.files, [signer]);
  assert.deepEqual([report.ok, report.checkedEntries], [true, 1112]);
});

test('R11: partial tiles go once their full tile is there', async () => {
  const store = memoryStore();
  const trail = await openTrail({ store, signer });
  for (const from of [0, 100, 200]) {
    await fill(trail, 100, from);
    await trail.publish();
  }
  const partials = [...store.files.keys()].filter((path) => path.includes('.p/')).sort();
  assert.deepEqual(partials, ['tile/0/001.p/44', 'tile/1/000.p/1', 'tile/entries/001.p/44']);
  await trail.close();
});

test('R11: entries that were durable and not published are published after a restart', async () => {
  const store = memoryStore();
  await (await openTrail({ store, signer })).close();
  const frozen = { ...store, write: async () => Promise.reject(new Error('down')) };
  const errors: unknown[] = [];
  const trail = await openTrail({ store: frozen, signer, onError: (error) => errors.push(error) });
  await fill(trail, 3);
  await assert.rejects(trail.close());
  const again = await openTrail({ store, signer });
  assert.equal(again.size, 3);
  assert.equal((await again.entry(2)).actor.id, 'user_2');
  await again.close();
});

test('R12: too many waiting entries are refused, and the others are kept', async () => {
  const store = memoryStore();
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = {
    ...store,
    appendJournal: (...args: Parameters<typeof store.appendJournal>) => gate.then(() => store.appendJournal(...args)),
  };
  const trail = await openTrail({ store: slow, signer, maxPending: 2 });
  const first = trail.append(login('a'));
  const second = trail.append(login('b'));
  await assert.rejects(trail.append(login('c')), withCode('AUDIT_OVERLOADED'));
  release();
  assert.deepEqual([(await first).index, (await second).index], [0, 1]);
  assert.equal((await trail.append(login('d'))).index, 2);
  await trail.close();
});

test('R13: a failed write rejects its entries, and their indexes go to the next ones', async () => {
  const store = memoryStore();
  let failing = true;
  const trail = await openTrail({
    store: {
      ...store,
      appendJournal: async (...args) => {
        if (failing) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return store.appendJournal(...args);
      },
    },
    signer,
  });
  const both = [trail.append(login('a')), trail.append(login('b'))];
  for (const result of await Promise.allSettled(both)) {
    assert.equal(result.status, 'rejected');
    assert.ok(isAuditError((result as PromiseRejectedResult).reason, 'AUDIT_STORAGE_FAILED'));
  }
  failing = false;
  assert.equal((await trail.append(login('c'), 'published')).index, 0);
  assert.equal((await trail.entry(0)).actor.id, 'c');
  await trail.close();
});

test('R13: an append made the moment a batch fails is written, not left waiting', async () => {
  const store = memoryStore();
  let failures = 3;
  const trail = await openTrail({
    store: {
      ...store,
      appendJournal: (...args) => {
        failures -= 1;
        return failures > 0 ? Promise.reject(new Error('once')) : store.appendJournal(...args);
      },
    },
    signer,
  });
  const retry = (): Promise<unknown> => trail.append(login('a')).catch(retry);
  await retry();
  assert.equal(trail.size, 1);
  await trail.close();
});

test('R14: a failed publication keeps every durable entry and the next one publishes them', async () => {
  const store = memoryStore();
  let failing = false;
  const trail = await openTrail({
    store: {
      ...store,
      write: async (path, bytes) => (failing ? Promise.reject(new Error(path)) : store.write(path, bytes)),
    },
    signer,
  });
  await fill(trail, 300);
  failing = true;
  await assert.rejects(trail.publish());
  await assert.rejects(trail.append(login('late'), 'published'), /^AuditError: Entry 300 is durable/);
  failing = false;
  await trail.close();
  const report = await verify(store.files, [signer]);
  assert.deepEqual([report.ok, report.checkedEntries], [true, 301]);
});

test('R15: a closed trail refuses, and closing twice is one closing', async () => {
  const trail = await openTrail({ store: memoryStore(), signer });
  await Promise.all([trail.close(), trail.close()]);
  await assert.rejects(trail.append(login('a')), withCode('AUDIT_CLOSED'));
  await assert.rejects(trail.publish(), withCode('AUDIT_CLOSED'));
});

test('R16: a changed store or another key is not opened for writing, and the lock is given back', async () => {
  const store = memoryStore();
  const trail = await openTrail({ store, signer });
  await fill(trail, 5);
  await trail.close();
  const tile = store.files.get('tile/0/000.p/5')!;
  const bundle = store.files.get('tile/entries/000.p/5')!;
  await assert.rejects(openTrail({ store, signer: generateSigner(signer.name) }), withCode('AUDIT_BAD_SIGNATURE'));
  store.files.set('tile/0/000.p/5', Buffer.from(tile).fill(1, 3, 4));
  await assert.rejects(openTrail({ store, signer }), withCode('AUDIT_CORRUPT'));
  store.files.delete('tile/0/000.p/5');
  await assert.rejects(openTrail({ store, signer }), withCode('AUDIT_CORRUPT'));
  store.files.set('tile/0/000.p/5', tile);
  store.files.delete('tile/entries/000.p/5');
  await assert.rejects(openTrail({ store, signer }), withCode('AUDIT_CORRUPT'));
  store.files.set('tile/entries/000.p/5', bundle);
  await (await openTrail({ store, signer })).close();
});

test('R17: bad events and options are named', async () => {
  const store = memoryStore();
  await assert.rejects(
    openTrail({ store, signer, maxPending: 0 }),
    (error: unknown) => isAuditError(error, 'AUDIT_INVALID_OPTION') && /maxPending/.test(error.message),
  );
  await assert.rejects(openTrail({ store, signer, witnessQuorum: 1 }), withCode('AUDIT_INVALID_OPTION'));
  const trail = await openTrail({ store, signer });
  const wrong: [unknown, RegExp][] = [
    [null, /event/],
    [{}, /type/],
    [login(''), /actor.id/],
    [login('a', { outcome: 'SUCCESS' as never }), /outcome/],
    [login('a', { outcome: 'denied' }), /reason/],
    [login('a', { traceId: 'XYZ' }), /traceId/],
    [{ ...login('a'), actorId: 'a' }, /actorId/],
    [login('a', { before: { digest: 'md5:1' } }), /before.digest/],
    [login('a', { personal: { subject: 's', data: {} } }), /personalData/],
  ];
  for (const [event, names] of wrong)
    await assert.rejects(
      trail.append(event as AuditEvent),
      (error: unknown) => isAuditError(error, 'AUDIT_INVALID_EVENT') && names.test(error.message),
      String(names),
    );
  await assert.rejects(
    trail.append(login('a', { details: { at: new Date(0) as never } })),
    withCode('AUDIT_NOT_CANONICAL'),
  );
  await assert.rejects(
    trail.append(
      login('a', { details: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, 'word '.repeat(400)])) }),
    ),
    withCode('AUDIT_ENTRY_TOO_LARGE'),
  );
  assert.equal(trail.size, 0);
  await trail.close();
});

test('R17: fields that are undefined are left out, as JSON.stringify would', async () => {
  const trail = await openTrail({ store: memoryStore(), signer });
  await trail.append({ ...login('a'), actor: { id: 'a', ip: undefined }, reason: undefined } as never, 'published');
  assert.deepEqual((await trail.entry(0)).actor, { id: 'a' });
  await trail.close();
});

test('R30: witnesses sign what extends what they signed, and a quorum is enough', async () => {
  const store = memoryStore();
  const witnessSigners = [generateWitnessSigner('w1.example', () => 0), generateWitnessSigner('w2.example', () => 0)];
  const witnesses: Witness[] = witnessSigners.map((own) =>
    createWitness({ signer: own, trails: [signer.verifier], state: new Map() }),
  );
  let down = false;
  const flaky: Witness = {
    ...witnesses[1]!,
    addCheckpoint: (request) => (down ? Promise.reject(new Error('down')) : witnesses[1]!.addCheckpoint(request)),
  };
  const trail = await openTrail({ store, signer, witnesses: [witnesses[0]!, flaky], witnessQuorum: 1 });
  await trail.append(login('a'), 'witnessed');
  down = true;
  await trail.append(login('b'), 'witnessed');
  down = false;
  await trail.append(login('c'), 'witnessed');
  await trail.close();
  const report = await verify(store.files, [signer, ...witnessSigners]);
  assert.deepEqual(report.checkpoint!.witnesses.map(({ name }) => name).sort(), ['w1.example', 'w2.example']);
  assert.ok(report.ok);
});

test('R30: a witness refuses a fork and an unknown key, and the entry is published all the same', async () => {
  const state = new Map<string, LastSigned>();
  const witness = createWitness({
    signer: generateWitnessSigner('w.example', () => 0),
    trails: [signer.verifier],
    state,
  });
  const one = await openTrail({ store: memoryStore(), signer, witnesses: [witness] });
  await one.append(login('a'), 'witnessed');
  await one.close();
  const fork = await openTrail({ store: memoryStore(), signer, witnesses: [witness] });
  await assert.rejects(fork.append(login('b'), 'witnessed'), withCode('AUDIT_NOT_WITNESSED'));
  assert.equal((await fork.entry(0)).actor.id, 'b');
  await fork.close();
  const stranger = generateSigner(signer.name);
  const other = await openTrail({ store: memoryStore(), signer: stranger, witnesses: [witness] });
  await assert.rejects(other.append(login('c'), 'witnessed'), withCode('AUDIT_NOT_WITNESSED'));
  await other.close();
});

test('R31: a key change is recorded, signed by both keys, and ends the old one', async () => {
  const store = memoryStore();
  const next = generateSigner(signer.name);
  const trail = await openTrail({ store, signer });
  await fill(trail, 3);
  await trail.rotateKey(next);
  const entry = await trail.entry(3);
  assert.equal(entry.type, 'trail.key_rotation');
  assert.deepEqual(entry.details, { from: String(signer.verifier), to: String(next.verifier) });
  const both = store.files.get('rotation/4')!;
  await fill(trail, 1);
  await trail.close();
  assert.ok((await verify(store.files, [next], { earlier: [both] })).ok);
  assert.ok((await verify(store.files, [next], { retired: [signer], earlier: [both] })).ok);
  const old = await verify(store.files, [signer]);
  assert.deepEqual(
    old.findings.map(({ kind }) => kind),
    ['bad_signature'],
  );
  await assert.rejects(openTrail({ store, signer }), withCode('AUDIT_BAD_SIGNATURE'));
  const again = await openTrail({ store, signer: next });
  await assert.rejects(again.rotateKey(generateSigner('another.example')), withCode('AUDIT_INVALID_OPTION'));
  await again.close();
});

test('R32: pruned entries are gone, recorded, and everything else still proves', async () => {
  const store = memoryStore();
  const trail = await openTrail({ store, signer });
  await fill(trail, 1_000);
  await trail.publish();
  const kept = store.files.get('checkpoint')!;
  assert.equal(await trail.prune(600), 512);
  assert.equal(store.files.has('tile/entries/001'), false);
  assert.equal(store.files.has('tile/0/001'), false);
  await assert.rejects(trail.entry(511), withCode('AUDIT_NOT_FOUND'));
  const entry = await trail.entry(512);
  assert.equal(entry.type, 'authentication');
  const root = Buffer.from(trail.checkpoint()!.split('\n')[2]!, 'base64');
  const { leafHash, index } = await trail.append(login('after'), 'published');
  const newRoot = Buffer.from(trail.checkpoint()!.split('\n')[2]!, 'base64');
  assert.notDeepEqual(root, newRoot);
  assert.ok(verifyInclusion(index, 1_002, leafHash, await trail.inclusionProof(index), newRoot));
  assert.equal(await trail.prune(600), 512);
  assert.equal(trail.size, 1_002);
  await trail.close();
  const report = await verify(store.files, [signer], { earlier: [kept] });
  assert.deepEqual([report.ok, report.prunedEntries, report.checkedEntries], [true, 512, 490]);
  const again = await openTrail({ store, signer });
  assert.equal(await again.prune(800), 768);
  await again.close();
  assert.equal((await verify(store.files, [signer])).prunedEntries, 768);
});

test('R32: files that are absent without a record, or by a forged one, are found', async () => {
  const store = memoryStore();
  const trail = await openTrail({ store, signer });
  await fill(trail, 600);
  await trail.close();
  store.files.delete('tile/entries/000');
  store.files.delete('tile/0/000');
  assert.equal((await verify(store.files, [signer])).findings[0]!.kind, 'missing');
  store.files.set('pruned', Buffer.from('{"below":256,"entry":400,"removed":256}'));
  const report = await verify(store.files, [signer]);
  assert.deepEqual(
    report.findings.map(({ kind }) => kind),
    ['unproved_pruning'],
  );
  assert.equal(report.firstBadIndex, 0);
  for (const claim of ['', '{}', '[]', '{"below":256}', '{"below":1e300,"entry":1}', '{"below":599,"entry":2}']) {
    store.files.set('pruned', Buffer.from(claim));
    assert.equal((await verify(store.files, [signer])).findings[0]!.kind, 'missing', claim);
  }
});
