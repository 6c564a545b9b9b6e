/** More is waiting to be written than the store keeps in memory. Nothing of the call was taken. Try again later. */
export class StoreOverloadedError extends Error {
  override readonly name = 'StoreOverloadedError';
  readonly code = 'STORE_OVERLOADED';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * The store cannot be reached, or cannot write (`code` STORE_DISK_FULL). After an insert it is not known whether its
 * records were stored. Try again later.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code: 'STORE_UNAVAILABLE' | 'STORE_DISK_FULL' | 'STORE_CLOSED';
  readonly retryAfterSeconds: number;

  constructor(
    code: StoreUnavailableError['code'],
    message: string,
    retryAfterSeconds: number,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The store answered a query with an error. `clickhouseCode`: https://clickhouse.com/codes, e.g. 159 for a timeout. */
export class StoreQueryError extends Error {
  override readonly name = 'StoreQueryError';
  readonly code = 'STORE_QUERY_FAILED';
  readonly clickhouseCode: number;

  constructor(clickhouseCode: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.clickhouseCode = clickhouseCode;
  }
}

/** Records that cannot be stored, however often they are sent. All other records of the call were stored. */
export class StoreRecordRefusedError extends Error {
  override readonly name = 'StoreRecordRefusedError';
  readonly code = 'STORE_RECORD_REFUSED';
  readonly refusedRecords: number;

  constructor(refusedRecords: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.refusedRecords = refusedRecords;
  }
}

/** The tables in the database are not those this version knows. */
export class StoreMigrationError extends Error {
  override readonly name = 'StoreMigrationError';
  readonly code = 'STORE_MIGRATION_FAILED';
}
