import { checkOptions as check, having, type Rule } from '@breakwater/errors/options';
import { AuditError } from './errors.ts';

/** `checkOptions` of `@breakwater/errors/options`, which throws `AUDIT_INVALID_OPTION` as all of this package does. */
export function checkOptions(...args: Parameters<typeof check>): void {
  try {
    check(...args);
  } catch (cause) {
    throw new AuditError('AUDIT_INVALID_OPTION', (cause as Error).message, { cause });
  }
}

/** Text that stands in the trail or names something. */
export const shortText: Rule = [
  'text of 1 to 200 characters',
  (value) => typeof value === 'string' && value !== '' && value.length <= 200 && value.isWellFormed(),
];

/** What `parseVerifier` makes, of one kind. */
export function verifierOf(kind: 'ed25519' | 'cosignature'): Rule {
  const words = kind === 'ed25519' ? "a trail's public key (parseVerifier)" : 'a public key for cosignatures';
  return [words, (value) => (value as { kind?: unknown } | null)?.kind === kind];
}

/** What `generateSigner` or, for cosignatures, `generateWitnessSigner` makes. */
export function signerOf(kind: 'ed25519' | 'cosignature'): Rule {
  const words =
    kind === 'ed25519'
      ? 'a key of generateSigner or parseSigner that is not a key for cosignatures'
      : 'a key for cosignatures, of generateWitnessSigner';
  const [, isVerifier] = verifierOf(kind);
  const [, isSigner] = having('', 'sign');
  return [words, (value) => isSigner(value) && isVerifier((value as { verifier?: unknown }).verifier), true];
}

/** The value, or `AUDIT_INVALID_OPTION` naming the argument where it is not a whole number in the range. */
export function checkedNumber(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new AuditError(
      'AUDIT_INVALID_OPTION',
      `${name} must be a whole number from ${min} to ${max}, and is ${String(value)}`,
    );
  }
  return value;
}
