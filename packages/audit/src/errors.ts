/** What can go wrong, by what a caller can do about it. */
export type AuditErrorCode =
  /** The event or an option is not valid. Nothing was recorded; correct the input. */
  | 'AUDIT_INVALID_EVENT'
  | 'AUDIT_INVALID_OPTION'
  /** The value has no canonical JSON form (RFC 8785). */
  | 'AUDIT_NOT_CANONICAL'
  /** The entry is larger than 65,535 bytes, the limit of an entry bundle. */
  | 'AUDIT_ENTRY_TOO_LARGE'
  /** More entries wait to be written than `maxPending`. Nothing was recorded; try again. */
  | 'AUDIT_OVERLOADED'
  /**
   * The store refused the write (disk full, permission, connection); the cause says why. At level `durable` nothing was
   * recorded. At `published` and `witnessed` the entry may be durable, and is published later then: the message says so.
   */
  | 'AUDIT_STORAGE_FAILED'
  /** Another process writes this trail. */
  | 'AUDIT_LOCKED'
  /** Stored bytes contradict the signed checkpoint or each other. The trail is not opened for writing. */
  | 'AUDIT_CORRUPT'
  /** A signature, key or signed note is malformed or does not verify. */
  | 'AUDIT_BAD_SIGNATURE'
  /** Too few witnesses signed. The entry is published. */
  | 'AUDIT_NOT_WITNESSED'
  /** What was asked for is not there: pruned, erased, or never written. */
  | 'AUDIT_NOT_FOUND'
  /** The trail was closed. */
  | 'AUDIT_CLOSED';

/** The one error class of this package; `code` says what a caller can do. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
  readonly code: AuditErrorCode;

  constructor(code: AuditErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export function isAuditError(error: unknown, code?: AuditErrorCode): error is AuditError {
  return error instanceof AuditError && (code === undefined || error.code === code);
}

/** The error itself where it is one of this package, or else a failure of the store with the error as its cause. */
export function toAuditError(error: unknown, message: string): AuditError {
  return error instanceof AuditError ? error : new AuditError('AUDIT_STORAGE_FAILED', message, { cause: error });
}
