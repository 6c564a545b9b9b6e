import type { BundleJob } from '../verify/bundles.ts';
import { checkJob, type WorkerMessage } from './entry-checker.ts';
import { openSource } from './sources.ts';

const source = openSource(process.argv[2]!);

/** The parent may be gone by now: then nobody waits for the answer, and the closed channel ends this process. */
function send(message: WorkerMessage): void {
  if (process.connected) process.send!(message);
}

process.on('message', ({ id, job }: { id: number; job: BundleJob }) => {
  checkJob(job, source).then(
    (checked) => send({ kind: 'checked', id, checked }),
    (error: unknown) => send({ kind: 'failed', id, error: error instanceof Error ? error.message : String(error) }),
  );
});
send({ kind: 'ready' });
