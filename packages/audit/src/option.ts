import { checkOptions as check, type Rule } from '@breakwater/errors/options';
import { AuditError } from './errors.ts';

/** Options that hold a secret, or a URL in which a password may stand. */
const SECRET: readonly string[] = ['signer', 'masterKey', 'credentials', 'endpoint'];

/**
 * `checkOptions` of `@breakwater/errors/options`, which throws `AUDIT_INVALID_OPTION` as all of this package does, and
 * does not show text that is given for a secret.
 */
export function checkOptions(...[at, options, rules, required]: Parameters<typeof check>): void {
  for (const name of SECRET) {
    const value = (options as { [name: string]: unknown } | null | undefined)?.[name];
    const rule = rules[name];
    if (rule !== undefined && typeof value === 'string' && !rule[1](value))
      throw new AuditError('AUDIT_INVALID_OPTION', `${at}.${name}: expected ${rule[0]}, got text (it is not shown)`);
  }
  try {
    check(at, options, rules, required);
  } catch (cause) {
    throw new AuditError('AUDIT_INVALID_OPTION', (cause as Error).message, { cause });
  }
}

/** An object with these methods; `what` says which kind of object has them. */
export function having(what: string, ...methods: readonly string[]): Rule {
  return [
    what,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
  ];
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
  return [words, (value) => isSigner(value) && isVerifier((value as { verifier?: unknown }).verifier)];
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
