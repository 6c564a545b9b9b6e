import { type AuditError, toAuditError } from './errors.ts';
import { createReport } from './report.ts';
import type { AuditStore } from './store.ts';

/**
 * Takes away what a published checkpoint made needless: journal entries, and partial tiles and bundles whose full one is
 * there. Never rejects: what is left costs space alone. A failure is told, and the next publication tries again.
 */
export function createTidy(
  store: AuditStore,
  onError: ((error: AuditError) => void) | undefined,
  partials: Iterable<string>,
): (published: number, written: ReadonlyMap<string, unknown>, edge: Iterable<string>) => Promise<void> {
  const report = createReport(onError, 'Tidying an audit trail');
  const needed = new Set(partials);
  const needless = new Set<string>();
  return async (published, written, edge) => {
    for (const path of edge) needed.add(path);
    for (const path of needed) {
      if (!written.has(path.slice(0, path.lastIndexOf('.p/')))) continue;
      needed.delete(path);
      needless.add(path);
    }
    try {
      await store.trimJournal(published);
      for (const path of needless) {
        await store.remove(path);
        needless.delete(path);
      }
      report.ended();
    } catch (error) {
      report.tell(toAuditError(error, 'What a checkpoint made needless could not be removed'));
    }
  };
}
