import type { AuditStore } from './store.ts';

/** What a disk or an object store does at once without one write waiting for the next. */
const CONCURRENCY = 16;

/** Writes all files, several at a time. Rejects with the first failure, when no write is under way any more. */
export async function writeFiles(
  store: Pick<AuditStore, 'write'>,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const rest = files.entries();
  let failed = false;
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(CONCURRENCY, files.size) }, async () => {
      for (const [path, bytes] of rest) {
        if (failed) return;
        try {
          await store.write(path, bytes);
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    }),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
