import { fromBase64, readUint32, toBytes, toText } from './bytes.ts';
import type { Primitives } from './source.ts';

/** A public key as auditors get it: `NAME+KEYID+BASE64` (C2SP signed-note). */
export interface PublicKey {
  readonly name: string;
  readonly keyId: number;
  readonly kind: 'ed25519' | 'cosignature';
  readonly bytes: Uint8Array;
}

/** The last second that a Date can show; the year is 275760. */
const MAX_SECONDS = 8_640_000_000_000;

export interface SignedCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly signedBy: readonly PublicKey[];
  /** Witnesses that signed, with the time they say. */
  readonly witnesses: readonly { readonly name: string; readonly time: Date }[];
  /** Signatures by keys that the auditor did not give. They prove nothing. */
  readonly unknownSignatures: number;
}

/** Text that says what is wrong, or the key. */
export function readPublicKey(text: string, primitives: Primitives): PublicKey | string {
  const parts = text.trim().split('+');
  const encoded = parts.slice(2).join('+');
  const bytes = fromBase64(encoded);
  const kind = bytes?.[0] === 1 ? 'ed25519' : bytes?.[0] === 4 ? 'cosignature' : null;
  if (parts.length < 3 || bytes?.length !== 33 || kind === null) return 'A public key has the form NAME+KEYID+BASE64';
  const [name = '', id = ''] = parts;
  const input = new Uint8Array([...toBytes(`${name}\n`), ...bytes]);
  const keyId = readUint32(primitives.sha256(input), 0);
  if (id !== keyId.toString(16).padStart(8, '0')) return `The key id ${id} does not belong to this key of "${name}"`;
  return { name, keyId, kind, bytes: bytes.subarray(1) };
}

/** Reads a checkpoint and checks its signatures. Text that says what is wrong, or the checkpoint; `signedBy` may be empty. */
export async function readCheckpoint(
  bytes: Uint8Array,
  keys: readonly PublicKey[],
  primitives: Primitives,
): Promise<SignedCheckpoint | string> {
  let note: string;
  try {
    note = toText(bytes);
  } catch {
    return 'The checkpoint is not text';
  }
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return 'The checkpoint has no signature part';
  const text = note.slice(0, split + 1);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const rootBytes = fromBase64(root);
  if (
    origin === '' ||
    !/^(0|[1-9]\d{0,15})$/.test(size) ||
    !Number.isSafeInteger(Number(size)) ||
    rootBytes?.length !== 32
  ) {
    return 'The checkpoint does not state origin, size and root';
  }
  const signedBy: PublicKey[] = [];
  const witnesses: { name: string; time: Date }[] = [];
  let unknownSignatures = 0;
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const match = /^— (\S+) (\S+)$/.exec(line);
    const signature = match ? fromBase64(match[2]!) : null;
    if (!match || !signature || signature.length < 5) return 'The checkpoint has a signature line that cannot be read';
    const key = keys.find((candidate) => candidate.name === match[1] && candidate.keyId === readUint32(signature, 0));
    if (key === undefined) {
      unknownSignatures += 1;
      continue;
    }
    const good = await checkSignature(key, text, signature.subarray(4), primitives);
    if (good === null) return `The signature of "${key.name}" does not belong to this checkpoint`;
    if (key.kind === 'cosignature') witnesses.push({ name: key.name, time: good });
    else signedBy.push(key);
  }
  return { origin, size: Number(size), root: rootBytes, signedBy, witnesses, unknownSignatures };
}

/** The time that a cosignature states (for a plain signature, 1970), or null where the signature is wrong. */
async function checkSignature(
  key: PublicKey,
  text: string,
  signature: Uint8Array,
  primitives: Primitives,
): Promise<Date | null> {
  if (key.kind === 'ed25519') {
    return signature.length === 64 && (await primitives.verifyEd25519(key.bytes, toBytes(text), signature))
      ? new Date(0)
      : null;
  }
  if (signature.length !== 72) return null;
  const seconds = readUint32(signature, 0) * 2 ** 32 + readUint32(signature, 4);
  if (seconds > MAX_SECONDS) return null;
  const message = toBytes(`cosignature/v1\ntime ${seconds}\n${text}`);
  return (await primitives.verifyEd25519(key.bytes, message, signature.subarray(8))) ? new Date(seconds * 1_000) : null;
}
