import { createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Kind } from './kinds.ts';

// A certificate or key that is none would only be found out by exports that fail. What is said about a file names it and
// the reason, never a part of it.

const MAX_BYTES = 1_048_576;

/** Certificates, one or more. */
export const certificateFile: Kind<string> = pemFile('the path of a PEM file with certificates', (text) => {
  const begun = text.match(/-----BEGIN [A-Z\d ]*CERTIFICATE-----/g)?.length ?? 0;
  if (begun === 0) return 'holds no certificate';
  const blocks = text.match(/-----BEGIN ([A-Z\d ]*CERTIFICATE)-----[^-]*-----END \1-----/g) ?? [];
  if (blocks.length < begun) return 'holds a certificate that is cut off';
  for (const [index, block] of blocks.entries()) {
    const reason = failure(() => new X509Certificate(block));
    if (reason !== undefined) return `holds a certificate (number ${index + 1}) that cannot be read: ${reason}`;
  }
  return undefined;
});

/** A private key without a passphrase. */
export const keyFile: Kind<string> = {
  ...pemFile('the path of a PEM file with a private key', (text) => {
    if (!/-----BEGIN [A-Z\d ]*PRIVATE KEY-----/.test(text)) return 'holds no private key';
    if (/ENCRYPTED PRIVATE KEY|,ENCRYPTED$/m.test(text))
      return 'holds an encrypted key, for which there is no passphrase';
    const reason = failure(() => createPrivateKey(text));
    return reason === undefined ? undefined : `holds a private key that cannot be read: ${reason}`;
  }),
  // Somebody may have given the key itself.
  hides: (value) => typeof value === 'string' && /^[\w+/=-]{64,}$/.test(value),
};

/** Whether the key is that of the first certificate. False too when one of the files cannot be read. */
export function isPair(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(readFileSync(certificate)).checkPrivateKey(createPrivateKey(readFileSync(key)));
  } catch {
    return false;
  }
}

function pemFile(expected: string, problemOf: (text: string) => string | undefined): Kind<string> {
  const whyNot = (value: unknown): string | undefined => {
    if (typeof value !== 'string' || value === '') return undefined;
    if (value.includes('-----BEGIN ')) return 'is no path';
    let file: number | undefined;
    try {
      file = openSync(value, 'r');
      const stat = fstatSync(file);
      if (!stat.isFile()) return 'is no file';
      if (stat.size > MAX_BYTES) return `is larger than ${MAX_BYTES} bytes`;
      return problemOf(readFileSync(file, 'latin1'));
    } catch (error) {
      return `cannot be read: ${(error as { code?: unknown }).code ?? 'unknown reason'}`;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
  return {
    expected,
    fromText: (text) => text,
    accept: (value): value is string => typeof value === 'string' && value !== '' && whyNot(value) === undefined,
    whyNot,
  };
}

/** The code of the error that it throws: a message may hold what was read. */
function failure(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return String((error as { code?: unknown }).code ?? 'unknown reason');
  }
}
