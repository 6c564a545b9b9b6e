import { parentPort, workerData } from 'node:worker_threads';
import { type BundleJob, checkBundles } from '../verify/bundles.ts';
import type { WorkerAnswer } from './entry-checker.ts';
import { nodePrimitives } from './primitives.ts';
import { openSource } from './sources.ts';

const source = openSource(String(workerData));
const OWN_TYPE = '"type":"trail.';

parentPort!.on('message', ({ id, job }: { id: number; job: BundleJob }) => {
  check(id, job).then(
    (answer) => parentPort!.postMessage(answer),
    (error: unknown) => parentPort!.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});

async function check(id: number, job: BundleJob): Promise<WorkerAnswer> {
  const kept: { index: number; entry: Uint8Array }[] = [];
  let last: { index: number; entry: Uint8Array } | undefined;
  const result = await checkBundles(job, source, nodePrimitives, (index, entry) => {
    last = { index, entry };
    if (kept.length === 0 || Buffer.from(entry.buffer, entry.byteOffset, entry.length).includes(OWN_TYPE))
      kept.push({ index, entry: Uint8Array.from(entry) });
  });
  if (last !== undefined && kept.at(-1)?.index !== last.index)
    kept.push({ index: last.index, entry: Uint8Array.from(last.entry) });
  return { id, result, entries: kept };
}
