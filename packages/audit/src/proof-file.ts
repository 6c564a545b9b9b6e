import { parseCheckpoint } from './checkpoint.ts';
import { AuditError } from './errors.ts';
import { inclusionProof } from './merkle.ts';
import { parseNote } from './note.ts';
import { readEntry } from './stored.ts';
import { CHECKPOINT_PATH } from './tiles.ts';
import { subtreeReader } from './tree.ts';

/**
 * A proof that an entry is in the published trail, as text that verifies alone: C2SP tlog-proof
 * (https://c2sp.org/tlog-proof) whose `extra` is the entry. Throws `AUDIT_NOT_FOUND`.
 */
export async function createProofFile(
  source: { read(path: string): Promise<Uint8Array | null> },
  index: number,
): Promise<string> {
  const bytes = await source.read(CHECKPOINT_PATH);
  if (bytes === null) throw new AuditError('AUDIT_NOT_FOUND', 'There is no checkpoint, so no published trail');
  const note = Buffer.from(bytes).toString('utf8');
  const { size } = parseCheckpoint(parseNote(note).text);
  const entry = await readEntry(source, index, size);
  const proof = await inclusionProof(
    index,
    size,
    subtreeReader((path) => source.read(path), size),
  );
  const lines = [
    'c2sp.org/tlog-proof@v1',
    `extra ${Buffer.from(entry).toString('base64')}`,
    `index ${index}`,
    ...proof.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${note}`;
}
