import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { formatReport, type OwnRecord } from '../src/cli/report.ts';
import {
  type Primitives,
  type PublicKey,
  readPublicKey,
  type TrailSource,
  verifyProof,
  verifyTrail,
} from '../src/verify/main.ts';

const primitives: Primitives = {
  sha256,
  verifyEd25519: (key, message, signature) => ed25519.verify(signature, message, key, { zip215: false }),
};

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}`);
  return found;
}

const folderInput = element('folder', HTMLInputElement);
const earlierInput = element('earlier', HTMLInputElement);
const proofInput = element('proof', HTMLInputElement);
const keyInput = element('key', HTMLTextAreaElement);
const retiredInput = element('retired', HTMLTextAreaElement);
const button = element('verify', HTMLButtonElement);
const progress = element('progress', HTMLParagraphElement);
const report = element('report', HTMLPreElement);

/** The chosen folder. File names come with the folder's own name before them. */
function sourceOf(files: FileList): TrailSource {
  const byPath = new Map<string, File>();
  for (const file of files) byPath.set(file.webkitRelativePath.split('/').slice(1).join('/'), file);
  return {
    description: 'The chosen folder',
    async read(path) {
      const file = byPath.get(path);
      return file === undefined ? null : new Uint8Array(await file.arrayBuffer());
    },
  };
}

function keysOf(text: string): PublicKey[] {
  return text
    .split(/\s+/)
    .filter((line) => line !== '')
    .map((line) => {
      const key = readPublicKey(line, primitives);
      if (typeof key === 'string') throw new Error(key);
      return key;
    });
}

async function checkFolder(files: FileList, keys: PublicKey[], retiredKeys: PublicKey[]): Promise<string> {
  const earlier = await Promise.all(
    [...(earlierInput.files ?? [])].map(async (file) => new Uint8Array(await file.arrayBuffer())),
  );
  const own: OwnRecord[] = [];
  let firstTime: string | null = null;
  let lastTime: string | null = null;
  const result = await verifyTrail({
    source: sourceOf(files),
    keys,
    retiredKeys,
    primitives,
    earlier,
    onProgress(checked, all) {
      progress.textContent = `${checked} of ${all} entries`;
    },
    onEntry(index, bytes) {
      const entry = readEntry(bytes);
      firstTime ??= entry.time;
      lastTime = entry.time;
      if (entry.type.startsWith('trail.'))
        own.push({ index, time: entry.time, type: entry.type, details: JSON.stringify(entry.details ?? {}) });
    },
  });
  return formatReport(result, 'the chosen folder', { earlier: earlier.length, firstTime, lastTime, own });
}

async function checkProof(file: File, keys: PublicKey[]): Promise<string> {
  const proved = await verifyProof(await file.text(), keys, primitives);
  if (typeof proved === 'string') return `NOT proved. ${proved}.`;
  const { index, entry, checkpoint } = proved;
  const text = JSON.stringify(readEntry(entry), null, 2);
  return `Proved. This entry stands at index ${index} of the trail "${checkpoint.origin}", signed over ${checkpoint.size} entries:\n${text}`;
}

function readEntry(bytes: Uint8Array): { time: string; type: string; details?: unknown } {
  try {
    const entry = JSON.parse(new TextDecoder().decode(bytes)) as { time?: unknown; type?: unknown } | null;
    return { ...entry, time: String(entry?.time), type: String(entry?.type) };
  } catch {
    return { time: 'unknown', type: 'unknown' };
  }
}

async function run(): Promise<string> {
  const keys = keysOf(keyInput.value);
  if (keys.length === 0) return 'Give the public key: without a key nothing is proved.';
  const retired = keysOf(retiredInput.value);
  const proof = proofInput.files?.[0];
  if (proof !== undefined) return checkProof(proof, [...keys, ...retired]);
  if (folderInput.files === null || folderInput.files.length === 0)
    return 'Choose the folder of the trail, or a proof file.';
  return checkFolder(folderInput.files, keys, retired);
}

button.addEventListener('click', () => {
  button.disabled = true;
  report.textContent = '';
  run()
    .then(
      (text) => {
        report.textContent = text;
      },
      (error: unknown) => {
        report.textContent = `Could not verify: ${error instanceof Error ? error.message : String(error)}`;
      },
    )
    .finally(() => {
      button.disabled = false;
      progress.textContent = '';
    });
});
