import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAuditError } from '../errors.ts';
import type { AuditStore, JournalEntry } from '../store.ts';

/** What every store must do. `open` opens the same place each time within one test; `fresh` begins a new place. */
export function storeContract(
  name: string,
  place: () => Promise<{ open: () => AuditStore; dispose?: () => Promise<void> }>,
): void {
  const contract = (rule: string, run: (open: () => AuditStore) => Promise<void>): void => {
    test(`${name}: ${rule}`, async () => {
      const { open, dispose } = await place();
      try {
        await run(open);
      } finally {
        await dispose?.();
      }
    });
  };

  contract('R20: reads back what it wrote, in another instance too, and null for what is not there', async (open) => {
    const store = open();
    await store.lock();
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    await store.write('tile/0/x001/234', bytes);
    await store.write('tile/entries/000.p/7', Buffer.alloc(0));
    assert.deepEqual(Buffer.from((await store.read('tile/0/x001/234'))!), bytes);
    await store.close();
    const again = open();
    assert.deepEqual(Buffer.from((await again.read('tile/0/x001/234'))!), bytes);
    assert.equal((await again.read('tile/entries/000.p/7'))!.length, 0);
    assert.equal(await again.read('tile/0/000'), null);
    await again.close();
  });

  contract('R20: writing again replaces, removing twice is fine', async (open) => {
    const store = open();
    await store.lock();
    await store.write('checkpoint', Buffer.from('one'));
    await store.write('checkpoint', Buffer.from('two'));
    assert.equal(Buffer.from((await store.read('checkpoint'))!).toString(), 'two');
    await store.remove('checkpoint');
    await store.remove('checkpoint');
    assert.equal(await store.read('checkpoint'), null);
    await store.close();
  });

  contract(
    'R21: the journal gives entries back in order, after a restart too, and forgets what was trimmed',
    async (open) => {
      const store = open();
      await store.lock();
      await store.appendJournal(0, [Buffer.from('zero'), Buffer.from('')]);
      await store.appendJournal(2, [Buffer.from([0, 1, 2])]);
      await store.close();
      const again = open();
      await again.lock();
      await again.appendJournal(3, [Buffer.from('three')]);
      assert.deepEqual(await all(again), [
        [0, Buffer.from('zero')],
        [1, Buffer.from('')],
        [2, Buffer.from([0, 1, 2])],
        [3, Buffer.from('three')],
      ]);
      await again.trimJournal(4);
      const rest = (await all(again)).filter(([index]) => index >= 4);
      assert.deepEqual(rest, []);
      await again.appendJournal(4, [Buffer.from('four')]);
      assert.deepEqual((await all(again)).at(-1), [4, Buffer.from('four')]);
      await again.close();
      const third = open();
      assert.deepEqual((await all(third)).at(-1), [4, Buffer.from('four')]);
      await third.close();
    },
  );

  contract('R21: trimming in the middle keeps everything from there on', async (open) => {
    const store = open();
    await store.lock();
    for (let i = 0; i < 5; i += 1) await store.appendJournal(i * 2, [Buffer.from(`a${i}`), Buffer.from(`b${i}`)]);
    await store.trimJournal(5);
    const indexes = (await all(store)).map(([index]) => index).filter((index) => index >= 5);
    assert.deepEqual(indexes, [5, 6, 7, 8, 9]);
    await store.close();
  });

  contract('R22: a second writer is refused until the first closes', async (open) => {
    const store = open();
    await store.lock();
    const second = open();
    await assert.rejects(second.lock(), (error: unknown) => isAuditError(error, 'AUDIT_LOCKED'));
    await second.close();
    await store.close();
    const third = open();
    await third.lock();
    await third.close();
  });
}

async function all(store: AuditStore): Promise<[number, Buffer][]> {
  const entries: JournalEntry[] = [];
  for await (const entry of store.readJournal()) entries.push(entry);
  return entries.map(({ index, entry }) => [index, Buffer.from(entry)]);
}
