import { AuditError } from './errors.ts';

/** The value, or `AUDIT_INVALID_OPTION` naming the option where it is not a whole number in the range. */
export function checkedNumber(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new AuditError(
      'AUDIT_INVALID_OPTION',
      `${name} must be a whole number from ${min} to ${max}, and is ${String(value)}`,
    );
  }
  return value;
}

/** The value, or `AUDIT_INVALID_OPTION` naming the option where it is not text of 1 to 200 characters. */
export function checkedText(name: string, value: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 200 || !value.isWellFormed())
    throw new AuditError('AUDIT_INVALID_OPTION', `${name} must be text of 1 to 200 characters`);
  return value;
}
