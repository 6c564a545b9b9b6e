import assert from 'node:assert/strict';
import { appendFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAuditError } from '../errors.ts';
import { storeContract } from './contract.ts';
import { directoryStore } from './directory.ts';
import { takeLock } from './lock-file.ts';
import { memoryStore } from './memory.ts';

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'bw-audit-store-'));

storeContract('directory', async () => {
  const directory = await temporary();
  return { open: () => directoryStore(directory), dispose: () => rm(directory, { recursive: true }) };
});
storeContract('memory', async () => {
  const store = memoryStore();
  return { open: () => store };
});

async function withStore(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await temporary();
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function indexes(directory: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { index } of directoryStore(directory).readJournal()) found.push(index);
  return found;
}

test('R23: a batch cut off at any byte is left out, and the next one takes its place', async () => {
  await withStore(async (directory) => {
    const store = directoryStore(directory);
    await store.lock();
    await store.appendJournal(0, [Buffer.from('kept')]);
    const name = join(directory, 'journal', '0'.repeat(16));
    const kept = (await readFile(name)).length;
    await store.appendJournal(1, [Buffer.from('cut'), Buffer.from('off')]);
    await store.close();
    const whole = await readFile(name);
    for (let length = kept; length < whole.length; length += 1) {
      await writeFile(name, whole.subarray(0, length));
      assert.deepEqual(await indexes(directory), [0], `cut at ${length}`);
    }
    const again = directoryStore(directory);
    await again.lock();
    await again.appendJournal(1, [Buffer.from('next')]);
    await again.close();
    assert.deepEqual(await indexes(directory), [0, 1]);
  });
});

test('R21: a batch that is being written while the journal is trimmed is kept', async () => {
  for (const isNew of [false, true])
    await withStore(async (directory) => {
      const syncing = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      let isHeld = false;
      const hold = async (): Promise<void> => {
        if (!isHeld) return;
        syncing.resolve();
        await go.promise;
      };
      const openFile = (async (...args: Parameters<typeof open>) => {
        const handle = await open(...args);
        if (isNew && String(args[0]).endsWith('journal')) await hold();
        const datasync = handle.datasync.bind(handle);
        handle.datasync = async () => {
          await datasync();
          if (!isNew) await hold();
        };
        return handle;
      }) as typeof open;
      const store = directoryStore(directory, { openFile });
      await store.lock();
      if (!isNew) await store.appendJournal(0, [Buffer.from('published')]);
      isHeld = true;
      const written = store.appendJournal(1, [Buffer.from('new')]);
      await syncing.promise;
      const trimmed = store.trimJournal(1);
      // Turns in which it would go as far as it can.
      for (let turn = 0; turn < 20; turn += 1) await readdir(directory);
      go.resolve();
      await Promise.all([written, trimmed]);
      await store.close();
      assert.equal((await indexes(directory)).at(-1), 1, `new file: ${isNew}`);
    });
});

test('R23: damage before a batch that was acknowledged is reported, not skipped', async () => {
  await withStore(async (directory) => {
    const store = directoryStore(directory);
    await store.lock();
    await store.appendJournal(0, [Buffer.from('first')]);
    await store.appendJournal(1, [Buffer.from('second')]);
    await store.close();
    const name = join(directory, 'journal', '0'.repeat(16));
    const whole = await readFile(name);
    whole[30]! ^= 1;
    await writeFile(name, whole);
    await assert.rejects(indexes(directory), (error: unknown) => isAuditError(error, 'AUDIT_CORRUPT'));
  });
});

test('R24: a batch that failed and could not be undone yields to the next one at its index', async () => {
  await withStore(async (directory) => {
    let failing = false;
    const store = directoryStore(directory, {
      openFile: (async (...args: Parameters<typeof open>) => {
        const handle = await open(...args);
        const fail = async (): Promise<never> => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
        const { datasync, truncate } = handle;
        handle.datasync = () => (failing ? fail() : datasync.call(handle));
        handle.truncate = (length) => (failing ? fail() : truncate.call(handle, length));
        return handle;
      }) as typeof open,
    });
    await store.lock();
    await store.appendJournal(0, [Buffer.from('good')]);
    failing = true;
    await assert.rejects(store.appendJournal(1, [Buffer.from('refused')]), (error: unknown) =>
      isAuditError(error, 'AUDIT_STORAGE_FAILED'),
    );
    failing = false;
    await store.appendJournal(1, [Buffer.from('taken')]);
    await store.close();
    const found: string[] = [];
    for await (const { entry } of directoryStore(directory).readJournal()) found.push(Buffer.from(entry).toString());
    assert.deepEqual(found, ['good', 'taken']);
  });
});

for (const [code, words] of [
  ['ENOSPC', /disk is full/],
  ['EACCES', /permission is denied/],
] as const) {
  test(`R24: ${code} surfaces with its cause, and nothing of the batch is read back`, async () => {
    await withStore(async (directory) => {
      let failing = false;
      const store = directoryStore(directory, {
        openFile: (async (...args: Parameters<typeof open>) => {
          if (failing && code === 'EACCES') throw Object.assign(new Error(code), { code });
          const handle = await open(...args);
          const write = handle.write.bind(handle) as (
            ...args: [Buffer, number, number, number]
          ) => Promise<{ bytesWritten: number }>;
          handle.write = (async (bytes: Buffer, offset: number, length: number, position: number) => {
            if (!failing) return write(bytes, offset, length, position);
            await write(bytes, offset, Math.floor(length / 2), position);
            throw Object.assign(new Error(code), { code });
          }) as typeof handle.write;
          return handle;
        }) as typeof open,
      });
      await store.lock();
      if (code === 'ENOSPC') await store.appendJournal(0, [Buffer.from('zero')]);
      failing = true;
      await assert.rejects(store.appendJournal(1, [Buffer.from('lost')]), (error: unknown) => {
        assert.ok(isAuditError(error, 'AUDIT_STORAGE_FAILED'));
        assert.match(error.message, words);
        assert.equal((error.cause as NodeJS.ErrnoException).code, code);
        return true;
      });
      await store.close();
      assert.deepEqual(await indexes(directory), code === 'ENOSPC' ? [0] : []);
    });
  });
}

test('R22: the lock of a process that is gone is taken over, that of a running one is not', async () => {
  await withStore(async (directory) => {
    await writeFile(join(directory, 'writer.lock'), '4194305 12345');
    const store = directoryStore(directory);
    await store.lock();
    assert.deepEqual(await readdir(directory), ['writer.lock.1']);
    await store.close();
    assert.deepEqual(await readdir(directory), []);
    await writeFile(join(directory, 'writer.lock'), `${process.pid} 1`);
    const afterReuse = directoryStore(directory);
    await afterReuse.lock();
    await afterReuse.close();
  });
});

test('R23: bytes after the last batch that are not a batch are left out', async () => {
  await withStore(async (directory) => {
    const store = directoryStore(directory);
    await store.lock();
    await store.appendJournal(0, [Buffer.from('zero')]);
    await store.close();
    await appendFile(join(directory, 'journal', '0'.repeat(16)), Buffer.alloc(100));
    assert.deepEqual(await indexes(directory), [0]);
  });
});

test('R22: of many that take a lock at once one gets it, and nothing is left beside it', async () => {
  await withStore(async (directory) => {
    const path = join(directory, 'writer.lock');
    for (const dead of [null, '', '4194305 12345']) {
      if (dead !== null) await writeFile(path, dead);
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path, 'writes')));
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const result of results)
        if (result.status === 'rejected') assert.ok(isAuditError(result.reason, 'AUDIT_LOCKED'), String(result.reason));
      assert.deepEqual(await readdir(directory), [dead === null ? 'writer.lock' : 'writer.lock.1']);
      for (const result of results) if (result.status === 'fulfilled') await result.value();
      assert.deepEqual(await readdir(directory), []);
    }
  });
});
