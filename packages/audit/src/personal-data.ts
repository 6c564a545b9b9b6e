import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { having, type Rule, secret } from '@breakwater/errors/options';
import { canonicalize, type JsonValue, parseCanonical } from './canonical.ts';
import { AuditError } from './errors.ts';
import type { AuditEvent, SealedPersonalData } from './event.ts';
import { checkOptions } from './option.ts';

/**
 * Where the data keys are: one per person, wrapped under the operator's master key, outside the trail. `destroy` is the
 * erasure: what was sealed under the key can never be read again.
 */
export interface KeyStore {
  get(keyId: string): Uint8Array | undefined;
  /** The key id that new data of a person is sealed under, or undefined for none yet or after an erasure. */
  current(subject: string): string | undefined;
  /** Durable when it returns. */
  put(subject: string, keyId: string, wrappedKey: Uint8Array): void;
  /** Durable when it returns: every key of the person is gone. Answers how many there were. */
  destroy(subject: string): number;
}

export interface PersonalData {
  seal(personal: NonNullable<AuditEvent['personal']>, entryId: string): SealedPersonalData;
  /** Throws `AUDIT_NOT_FOUND` after an erasure, `AUDIT_CORRUPT` where the ciphertext was changed or moved. */
  open(sealed: SealedPersonalData, entryId: string): { readonly [key: string]: JsonValue };
  /** Erases a person: destroys the keys. Answers how many there were. Record it in the trail yourself. */
  erase(subject: string): number;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const RULES: { readonly [name: string]: Rule } = {
  keys: having('a key store', 'get', 'current', 'put', 'destroy'),
  masterKey: secret(['32 bytes', (value) => value instanceof Uint8Array && value.length === 32]),
};

/**
 * Envelope encryption for personal data: AES-256-GCM under a key of the person, which is wrapped by `masterKey` (32
 * bytes). The entry's id is bound in, so that a ciphertext cannot be moved to another entry. Throws
 * `AUDIT_INVALID_OPTION`.
 */
export function createPersonalData(options: { readonly keys: KeyStore; readonly masterKey: Uint8Array }): PersonalData {
  checkOptions('createPersonalData', options, RULES, ['keys', 'masterKey']);
  const { keys, masterKey } = options;

  const keyFor = (subject: string): { keyId: string; key: Uint8Array } => {
    const keyId = keys.current(subject);
    const wrapped = keyId === undefined ? undefined : keys.get(keyId);
    if (keyId !== undefined && wrapped !== undefined) return { keyId, key: decrypt(masterKey, wrapped, keyId) };
    const fresh = { keyId: randomBytes(16).toString('hex'), key: randomBytes(32) };
    keys.put(subject, fresh.keyId, encrypt(masterKey, fresh.key, fresh.keyId));
    return fresh;
  };

  return {
    seal({ subject, data }, entryId) {
      const { keyId, key } = keyFor(subject);
      const box = encrypt(key, Buffer.from(canonicalize(data)), `${entryId}\n${keyId}`);
      return {
        subject,
        keyId,
        nonce: box.subarray(0, NONCE_BYTES).toString('base64'),
        ciphertext: box.subarray(NONCE_BYTES).toString('base64'),
      };
    },
    open({ keyId, nonce, ciphertext }, entryId) {
      const wrapped = keys.get(keyId);
      if (wrapped === undefined)
        throw new AuditError('AUDIT_NOT_FOUND', 'The personal data was erased: its key is destroyed');
      const box = Buffer.concat([Buffer.from(nonce, 'base64'), Buffer.from(ciphertext, 'base64')]);
      const text = Buffer.from(decrypt(decrypt(masterKey, wrapped, keyId), box, `${entryId}\n${keyId}`)).toString(
        'utf8',
      );
      return parseCanonical(text) as { readonly [key: string]: JsonValue };
    },
    erase: (subject) => keys.destroy(subject),
  };
}

/** Nonce, ciphertext, tag. */
function encrypt(key: Uint8Array, plain: Uint8Array, bound: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, box: Uint8Array, bound: string): Uint8Array {
  try {
    if (box.length < NONCE_BYTES + TAG_BYTES) throw new RangeError('too short');
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(bound));
    decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
    return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, box.length - TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', 'The sealed data does not belong to this key and entry, or was changed', {
      cause,
    });
  }
}
