import { readFile } from 'node:fs/promises';
import { buffer, text as readAll } from 'node:stream/consumers';
import { toHex, toText } from '../verify/bytes.ts';
import { verifyProof } from '../verify/proof.ts';
import type { Finding } from '../verify/report.ts';
import { type PublicKey, readPublicKey, type SignedCheckpoint } from '../verify/signed-checkpoint.ts';
import { verifyTrail } from '../verify/verify.ts';
import { createEntryChecker } from './entry-checker.ts';
import { parse } from './parse.ts';
import { nodePrimitives } from './primitives.ts';
import { printable, printableJson } from './printable.ts';
import { formatReport, hexId, type OwnRecord } from './report.ts';
import type { CliOutput } from './run.ts';
import { openSource } from './sources.ts';
import { UsageError } from './usage.ts';

const many = { type: 'string', multiple: true } as const;

export async function runVerify(args: string[], output: CliOutput): Promise<number> {
  const { positionals, values } = parse({
    args,
    allowPositionals: true,
    options: { key: many, 'retired-key': many, witness: many, earlier: many, json: { type: 'boolean' } },
  });
  const [where] = positionals;
  if (where === undefined || positionals.length !== 1) throw new UsageError('verify needs one directory or URL');
  const keys = await readKeys(values['key'], 'key');
  if (keys.length === 0) throw new UsageError('verify needs --key: without a key nothing is proved');
  const witnesses = await readKeys(values['witness'], 'witness');
  const earlier = await Promise.all(list(values['earlier']).map((file) => readNamed(file, 'earlier')));
  const own: OwnRecord[] = [];
  let firstTime: string | null = null;
  let lastTime: string | null = null;
  let shownPercent = -1;
  const checker = createEntryChecker(where, (index, bytes) => {
    const entry = readEntry(bytes);
    if (entry === null) return;
    firstTime ??= entry.time;
    lastTime = entry.time;
    if (entry.type.startsWith('trail.'))
      own.push({ index, time: entry.time, type: entry.type, details: JSON.stringify(entry.details ?? {}) });
  });
  const report = await verifyTrail({
    source: openSource(where),
    keys: [...keys, ...witnesses],
    retiredKeys: await readKeys(values['retired-key'], 'retired-key'),
    primitives: nodePrimitives,
    earlier,
    onProgress(checked, all) {
      const percent = Math.floor((100 * checked) / all);
      if (output.showProgress && percent > shownPercent) output.err(`\r${percent} % of ${all} entries`);
      shownPercent = Math.max(percent, shownPercent);
    },
    entryChecker: checker,
  }).finally(() => checker.close());
  if (output.showProgress) output.err('\r\u001b[K');
  const missing = missingWitnesses(witnesses, report.checkpoint);
  const findings = [...report.findings, ...missing];
  const full = { ...report, ok: findings.length === 0, findings };
  if (values['json'] === true) {
    const { checkpoint } = report;
    const shown = checkpoint === null ? null : describeCheckpoint(checkpoint);
    output.out(`${printableJson({ ...full, checkpoint: shown, firstTime, lastTime, own })}\n`);
  } else output.out(formatReport(full, where, { earlier: earlier.length, firstTime, lastTime, own }));
  return full.ok ? 0 : 1;
}

export async function runVerifyProof(args: string[], output: CliOutput): Promise<number> {
  const { positionals, values } = parse({
    args,
    allowPositionals: true,
    options: { key: many, 'retired-key': many, json: { type: 'boolean' } },
  });
  const [file] = positionals;
  if (file === undefined || positionals.length !== 1) throw new UsageError('verify-proof needs one file');
  const keys = [...(await readKeys(values['key'], 'key')), ...(await readKeys(values['retired-key'], 'retired-key'))];
  if (keys.length === 0) throw new UsageError('verify-proof needs --key: without a key nothing is proved');
  const text = file === '-' ? await readAll(process.stdin) : (await readNamed(file, 'proof')).toString('utf8');
  const proved = await verifyProof(text, keys, nodePrimitives);
  if (typeof proved === 'string') {
    output.out(
      `${printable(values['json'] === true ? JSON.stringify({ ok: false, message: proved }) : `NOT proved. ${proved}.`)}\n`,
    );
    return 1;
  }
  const { index, entry, checkpoint } = proved;
  if (values['json'] === true)
    output.out(
      `${printable(JSON.stringify({ ok: true, index, checkpoint: describeCheckpoint(checkpoint), entry: readEntry(entry) }))}\n`,
    );
  else
    output.out(
      `Proved. This entry stands at index ${index} of the trail "${printable(checkpoint.origin)}", as signed by key ` +
        `${checkpoint.signedBy.map((key) => hexId(key.keyId)).join(', ')} over ${checkpoint.size} entries:\n${showEntry(entry)}\n`,
    );
  return 0;
}

function missingWitnesses(witnesses: readonly PublicKey[], checkpoint: SignedCheckpoint | null): Finding[] {
  if (checkpoint === null) return [];
  return witnesses
    .filter((key) => !checkpoint.witnesses.some(({ name }) => name === key.name))
    .map((key) => ({ kind: 'bad_signature', message: `The witness "${key.name}" did not sign the checkpoint` }));
}

function describeCheckpoint(checkpoint: SignedCheckpoint): object {
  const { origin, size, root, signedBy, witnesses, unknownSignatures } = checkpoint;
  const keys = signedBy.map(({ name, keyId }) => `${name}+${hexId(keyId)}`);
  return { origin, size, root: toHex(root), signedBy: keys, witnesses, unknownSignatures };
}

async function readKeys(value: unknown, option: string): Promise<PublicKey[]> {
  return Promise.all(
    list(value).map(async (given) => {
      const text = given.includes('+') ? given : (await readNamed(given, option)).toString('utf8');
      const key = readPublicKey(text, nodePrimitives);
      if (typeof key === 'string') throw new UsageError(`--${option}: ${key}`);
      return key;
    }),
  );
}

async function readNamed(file: string, option: string): Promise<Buffer> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file);
  } catch (error) {
    throw new UsageError(`--${option}: ${file} cannot be read: ${(error as Error).message}`);
  }
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function readEntry(bytes: Uint8Array): { time: string; type: string; details?: unknown } | null {
  try {
    const entry = JSON.parse(toText(bytes)) as { time?: unknown; type?: unknown; details?: unknown };
    return typeof entry?.time === 'string' && typeof entry.type === 'string'
      ? { ...entry, time: entry.time, type: entry.type }
      : null;
  } catch {
    return null;
  }
}

/** An entry must not write to the terminal. */
function showEntry(entry: Uint8Array): string {
  const parsed = readEntry(entry);
  return parsed === null ? `base64 ${Buffer.from(entry).toString('base64')}` : printableJson(parsed);
}
