import { hash } from 'node:crypto';

/** The digest of content for `AuditReference.digest`: `sha256:` and 64 hexadecimal digits. Text is hashed as UTF-8. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${hash('sha256', content)}`;
}
