/** Writes logs and spans without end and tells each acknowledged batch: for tests that kill the whole server. */

import { openTestStore } from './open-test-store.ts';
import { newLog, newSpan } from './records.ts';

const { store, engine } = await openTestStore({ flushRows: 200 }, process.argv[2] as string);
process.send?.({ enginePid: engine.pid });
const worker = async (): Promise<void> => {
  for (;;) {
    const logs = Array.from({ length: 100 }, () => newLog());
    const spans = Array.from({ length: 100 }, () => newSpan());
    await Promise.all([store.insertLogs(logs), store.insertSpans(spans)]);
    process.send?.({ acknowledged: [...logs, ...spans].map(({ id }) => id.toString()) });
  }
};
await Promise.all([worker(), worker(), worker()]);
