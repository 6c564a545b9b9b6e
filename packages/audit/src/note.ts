import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { AuditError } from './errors.ts';

/**
 * Signed notes, C2SP signed-note (https://c2sp.org/signed-note), as Go's golang.org/x/mod/sumdb/note reads and writes
 * them: a text that ends in a newline, an empty line, and signature lines `— NAME BASE64(key id ‖ signature)`.
 */
const ED25519 = 0x01;
const COSIGNATURE_V1 = 0x04;
const SIGNATURE_LINE = /^— ([^\s+]+) (\S+)$/;
const MAX_NOTE_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
/** The last second that a Date can show; the year is 275760. */
const MAX_SECONDS = 8_640_000_000_000n;

export interface Verifier {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ "\n" ‖ algorithm ‖ public key), as a number. */
  readonly keyId: number;
  readonly kind: 'ed25519' | 'cosignature';
  /** True where the signature bytes (without key id) sign the text. */
  verify(text: string, signature: Uint8Array): boolean;
  /** `NAME+KEYID+BASE64`, what is published and given to auditors. */
  toString(): string;
}

export interface Signer {
  readonly name: string;
  readonly keyId: number;
  readonly verifier: Verifier;
  sign(text: string): Uint8Array;
  /** `PRIVATE+KEY+NAME+KEYID+BASE64`. Keep it secret. */
  exportPrivateKey(): string;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
}
export interface ParsedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A new Ed25519 key. The name should be the trail's origin, a URL without a scheme. */
export function generateSigner(name: string): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
  return signerFromSeed(checkName(name), seed, 'ed25519');
}

/** A witness's key: signs C2SP tlog-cosignature v1, which binds the time. */
export function generateWitnessSigner(name: string, now: () => number = Date.now): Signer {
  const seed = Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }).d!, 'base64url');
  return signerFromSeed(checkName(name), seed, 'cosignature', now);
}

/** Reads what `exportPrivateKey` wrote. Throws `AUDIT_BAD_SIGNATURE`, never showing the key. */
export function parseSigner(text: string, now: () => number = Date.now): Signer {
  const match = /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const bytes = match ? Buffer.from(match[3]!, 'base64') : Buffer.alloc(0);
  const kind = kindOf(bytes[0]);
  if (!match || bytes.length !== 33 || kind === undefined) {
    throw new AuditError(
      'AUDIT_BAD_SIGNATURE',
      'A private key must have the form PRIVATE+KEY+NAME+KEYID+BASE64 with an Ed25519 seed',
    );
  }
  const signer = signerFromSeed(match[1]!, bytes.subarray(1), kind, now);
  if (signer.keyId !== Number.parseInt(match[2]!, 16)) {
    throw new AuditError('AUDIT_BAD_SIGNATURE', `The key id of the private key of "${match[1]}" does not belong to it`);
  }
  return signer;
}

/** Reads a public key `NAME+KEYID+BASE64`. Throws `AUDIT_BAD_SIGNATURE`. */
export function parseVerifier(text: string): Verifier {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const bytes = match ? Buffer.from(match[3]!, 'base64') : Buffer.alloc(0);
  const kind = kindOf(bytes[0]);
  if (!match || bytes.length !== 33 || kind === undefined) {
    throw new AuditError(
      'AUDIT_BAD_SIGNATURE',
      // The text is not shown: it may be a private key that was taken for the public one.
      'A public key must have the form NAME+KEYID+BASE64',
    );
  }
  const verifier = createVerifier(match[1]!, bytes.subarray(1), kind);
  if (verifier.keyId !== Number.parseInt(match[2]!, 16)) {
    throw new AuditError('AUDIT_BAD_SIGNATURE', `The key id of the public key of "${match[1]}" does not belong to it`);
  }
  return verifier;
}

/** The note: text and signature lines. The text must end in a newline. */
export function signNote(text: string, signers: readonly Signer[]): string {
  if (!text.endsWith('\n')) throw new AuditError('AUDIT_BAD_SIGNATURE', 'The text of a note must end in a newline');
  return `${text}\n${signers.map((signer) => signatureLine(signer, signer.sign(text))).join('')}`;
}

export function signatureLine({ name, keyId }: { name: string; keyId: number }, signature: Uint8Array): string {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(keyId);
  return `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/** Splits a note. Throws `AUDIT_BAD_SIGNATURE` where it is malformed. Verifies nothing. */
export function parseNote(note: string): ParsedNote {
  const malformed = (why: string): AuditError =>
    new AuditError('AUDIT_BAD_SIGNATURE', `The signed note is malformed: ${why}`);
  if (note.length > MAX_NOTE_BYTES) throw malformed('it is too long');
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(note)) throw malformed('it holds a control character');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw malformed('there is no empty line before the signatures');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw malformed('it has too many signatures');
  const signatures = lines.map((line) => {
    const match = SIGNATURE_LINE.exec(line);
    const bytes = match ? Buffer.from(match[2]!, 'base64') : Buffer.alloc(0);
    if (!match || bytes.length < 5 || bytes.toString('base64') !== match[2])
      throw malformed('a signature line cannot be read');
    return { name: match[1]!, keyId: bytes.readUInt32BE(0), signature: bytes.subarray(4) };
  });
  return { text: note.slice(0, split + 1), signatures };
}

/** The verifiers, of those given, whose signature on the note is there and right. A wrong signature by a known key throws. */
export function verifyNote(note: ParsedNote, verifiers: readonly Verifier[]): Verifier[] {
  const good: Verifier[] = [];
  for (const { name, keyId, signature } of note.signatures) {
    const verifier = verifiers.find((candidate) => candidate.name === name && candidate.keyId === keyId);
    if (verifier === undefined || good.includes(verifier)) continue;
    if (!verifier.verify(note.text, signature)) {
      throw new AuditError('AUDIT_BAD_SIGNATURE', `The signature of "${name}" does not belong to this text`);
    }
    good.push(verifier);
  }
  return good;
}

type Kind = Verifier['kind'];

function kindOf(byte: number | undefined): Kind | undefined {
  return byte === ED25519 ? 'ed25519' : byte === COSIGNATURE_V1 ? 'cosignature' : undefined;
}

function algorithmOf(kind: Kind): number {
  return kind === 'ed25519' ? ED25519 : COSIGNATURE_V1;
}

function checkName(name: string): string {
  if (!/^[^\s+]{1,200}$/u.test(name)) {
    throw new AuditError(
      'AUDIT_INVALID_OPTION',
      `A key name must have 1 to 200 characters without white space and "+", and is ${JSON.stringify(name)}`,
    );
  }
  return name;
}

/** PKCS #8 prefix of an Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** SPKI prefix of an Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function signerFromSeed(name: string, seed: Buffer, kind: Kind, now: () => number = Date.now): Signer {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicBytes = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  const verifier = createVerifier(name, publicBytes, kind);
  const exported = `PRIVATE+KEY+${name}+${hex(verifier.keyId)}+${Buffer.concat([Buffer.of(algorithmOf(kind)), seed]).toString('base64')}`;
  return {
    name,
    keyId: verifier.keyId,
    verifier,
    exportPrivateKey: () => exported,
    sign(text) {
      if (kind === 'ed25519') return sign(null, Buffer.from(text), privateKey);
      const seconds = Math.floor(now() / 1_000);
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(seconds));
      return Buffer.concat([time, sign(null, Buffer.from(cosignedText(seconds, text)), privateKey)]);
    },
  };
}

function createVerifier(name: string, publicBytes: Uint8Array, kind: Kind): Verifier {
  const key: KeyObject = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, publicBytes]),
    format: 'der',
    type: 'spki',
  });
  const typed = Buffer.concat([Buffer.of(algorithmOf(kind)), publicBytes]);
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').readUInt32BE(0);
  const text = `${name}+${hex(keyId)}+${typed.toString('base64')}`;
  return {
    name,
    keyId,
    kind,
    toString: () => text,
    verify(message, signature) {
      if (kind === 'ed25519') return signature.length === 64 && verify(null, Buffer.from(message), key, signature);
      if (signature.length !== 72) return false;
      const seconds = Buffer.from(signature.subarray(0, 8)).readBigUInt64BE();
      if (seconds > MAX_SECONDS) return false;
      return verify(null, Buffer.from(cosignedText(seconds, message)), key, signature.subarray(8));
    },
  };
}

/** What a witness signs, C2SP tlog-cosignature v1. */
function cosignedText(seconds: number | bigint, text: string): string {
  return `cosignature/v1\ntime ${seconds}\n${text}`;
}

function hex(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}
