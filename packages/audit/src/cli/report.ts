import { toHex } from '../verify/bytes.ts';
import type { Finding, VerifyReport } from '../verify/report.ts';
import { printable } from './printable.ts';

const MEANING: { readonly [kind in Finding['kind']]: string } = {
  no_checkpoint: 'There is no signed statement to check against.',
  bad_signature: 'The signed statement was not made with a key that you trust for it.',
  wrong_origin: 'The signed statement is about another trail.',
  missing: 'Something that was signed is not there any more.',
  damaged: 'A file was cut, lengthened or overwritten.',
  changed_entry: 'An entry was edited, inserted, deleted or moved after it was signed.',
  changed_tile: 'Hashes were edited after they were signed.',
  changed_tree: 'All hashes agree with each other and not with the signature: the trail was made again.',
  rolled_back: 'The trail is shorter than it was: entries were taken away at its end.',
  forked: 'History was written again, or there are two trails under one name.',
  unproved_pruning: 'Entries are absent by a claim that nobody signed.',
};

/** One line of the report about what the trail says about itself. */
export interface OwnRecord {
  readonly index: number;
  readonly time: string;
  readonly type: string;
  readonly details: string;
}

/** The report for people: the answer first, then what it rests on, then each finding. */
export function formatReport(
  report: VerifyReport,
  where: string,
  context: { earlier: number; firstTime: string | null; lastTime: string | null; own: readonly OwnRecord[] },
): string {
  const { checkpoint, findings } = report;
  const lines = ['Verification of an audit trail', ''];
  lines.push(report.ok ? 'RESULT: the trail is intact.' : 'RESULT: the trail is NOT intact.', '');
  lines.push(`Examined: ${where}`);
  if (checkpoint !== null) {
    lines.push(`Trail: ${checkpoint.origin}`);
    lines.push(`Entries under the signature: ${checkpoint.size}`);
    lines.push(`Root hash: ${toHex(checkpoint.root)}`);
    for (const key of checkpoint.signedBy) lines.push(`Signed by: ${key.name}, key ${hexId(key.keyId)}`);
    for (const { name, time } of checkpoint.witnesses) lines.push(`Witnessed by: ${name}, at ${time.toISOString()}`);
    if (checkpoint.witnesses.length === 0) lines.push('Witnessed by: nobody that you named');
  }
  lines.push(`Entries read and proved one by one: ${report.checkedEntries}`);
  if (report.prunedEntries > 0)
    lines.push(`Entries whose content was removed under a recorded retention: ${report.prunedEntries}`);
  if (context.firstTime !== null) lines.push(`Recorded between: ${context.firstTime} and ${context.lastTime}`);
  lines.push(`Earlier signed statements compared: ${context.earlier}`);
  for (const { index, time, type, details } of context.own)
    lines.push(`Recorded by the trail itself: entry ${index}, ${time}, ${type} ${details}`);
  lines.push('');
  if (report.ok) {
    lines.push(
      'What this means: every entry stands exactly as it was when the holder of the key signed it, in the same',
    );
    lines.push(
      'order, with none added, taken away or changed. It does not say that what was recorded is true, or that',
    );
    lines.push('everything was recorded.');
    if (checkpoint?.witnesses.length === 0 && context.earlier === 0) {
      lines.push(
        'Nobody else vouches for it here: the holder of the key could have signed another history. Name witnesses, or',
      );
      lines.push('compare with an earlier statement that you kept, to exclude that.');
    }
    return toText(lines);
  }
  if (report.firstBadIndex !== null) lines.push(`First entry that is not as it was signed: ${report.firstBadIndex}`);
  else lines.push('Which entry is the first wrong one cannot be told from what is there.');
  if (report.stopped) lines.push('Checking stopped here: there are too many findings.');
  lines.push(`Findings: ${findings.length}`);
  const shown = findings.slice(0, 20);
  for (const [i, { kind, message, from, to }] of shown.entries()) {
    const range =
      from === undefined || to === undefined
        ? ''
        : to === from + 1
          ? ` (entry ${from})`
          : ` (entries ${from} to ${to - 1})`;
    lines.push(`  ${i + 1}. ${message}${range}. ${MEANING[kind]}`);
  }
  if (findings.length > shown.length) lines.push(`  … and ${findings.length - shown.length} more; --json lists them.`);
  return toText(lines);
}

function toText(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}

export function hexId(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}
