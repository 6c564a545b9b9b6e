// The writer that scripts/crashes.ts kills: appends without end and says what was acknowledged.
// crash-writer.ts DIRECTORY PRIVATE_KEY_FILE
import { readFileSync, writeSync } from 'node:fs';
import { parseSigner } from '../src/note.ts';
import { directoryStore } from '../src/stores/directory.ts';
import { openTrail } from '../src/trail.ts';

const [directory, keyFile] = process.argv.slice(2);
const trail = await openTrail({
  store: directoryStore(directory!),
  signer: parseSigner(readFileSync(keyFile!, 'utf8')),
  publishIntervalMs: 3,
});
writeSync(1, `open ${trail.size}\n`);

const appender = async (name: string): Promise<never> => {
  for (let n = 0; ; n += 1) {
    const { index, leafHash } = await trail.append({
      type: 'data_access',
      actor: { id: name, type: 'service' },
      action: 'read',
      resource: { type: 'row', id: String(n) },
      outcome: 'success',
    });
    writeSync(1, `${index} ${Buffer.from(leafHash).toString('hex')}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, (_, i) => appender(`appender-${i}`)));
