/** An outcome that a caller of a shop service can act on. `status` is the HTTP status of the answer. */
export class ShopError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(name: string, code: string, status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = name;
    this.code = code;
    this.status = status;
  }

  /** A refusal by the rules of the business, not a failure of a system. */
  get isRefusal(): boolean {
    return this.status < 500;
  }
}
