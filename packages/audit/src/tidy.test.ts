import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAuditError } from './errors.ts';
import type { AuditEvent } from './event.ts';
import { generateSigner } from './note.ts';
import { memoryStore } from './stores/memory.ts';
import { openTrail } from './trail.ts';

const signer = generateSigner('audit.example.com/tidy');
const event: AuditEvent = {
  type: 'authentication',
  actor: { id: 'user_1' },
  action: 'login',
  resource: { type: 'user_account', id: 'user_1' },
  outcome: 'success',
};

test('R14: what is published is said to be where tidying fails, which is told and tried again', async () => {
  for (const method of ['trimJournal', 'remove'] as const) {
    const store = memoryStore();
    const refused = new Error('read-only');
    let isFailing = false;
    const errors: unknown[] = [];
    const trail = await openTrail({
      store: {
        ...store,
        [method]: async (at: never) => (isFailing ? Promise.reject(refused) : store[method](at)),
      },
      signer,
      onError: (error) => errors.push(error.cause),
    });
    await Promise.all(Array.from({ length: 3 }, () => trail.append(event)));
    await trail.publish();
    isFailing = true;
    await Promise.all(Array.from({ length: 255 }, () => trail.append(event)));
    await trail.publish();
    assert.equal((await trail.append(event, 'published')).index, 258, method);
    assert.deepEqual(errors, [refused, refused], method);
    assert.ok(store.files.has('tile/0/000.p/3'), method);
    isFailing = false;
    await trail.append(event, 'published');
    assert.ok(!store.files.has('tile/0/000.p/3'), method);
    for await (const { index } of store.readJournal()) assert.fail(`${method}: entry ${index} is in the journal`);
    await trail.close();
  }
});

test('R16: a store that cannot be closed does not hide why the trail was not opened', async () => {
  const store = memoryStore(new Map([['checkpoint', Buffer.from('no note')]]));
  const errors: string[] = [];
  const close = async (): Promise<void> => Promise.reject(new Error('lost'));
  await assert.rejects(
    openTrail({ store: { ...store, close }, signer, onError: (error) => errors.push(error.message) }),
    (error: unknown) => isAuditError(error, 'AUDIT_BAD_SIGNATURE'),
  );
  assert.deepEqual(errors, ['lost']);
});
