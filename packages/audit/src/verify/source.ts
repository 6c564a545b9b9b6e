/** Where a verifier reads a trail from: a directory, a web server, files chosen in a browser. Null where nothing is there. */
export interface TrailSource {
  readonly description: string;
  read(path: string): Promise<Uint8Array | null>;
}

/**
 * The primitives that the verifier needs. From `node:crypto` on the command line, from a library in the browser.
 * `sha256` answers a new array of 32 bytes.
 */
export interface Primitives {
  sha256(bytes: Uint8Array): Uint8Array;
  /**
   * The same digest, written to `target` from `offset` on. Optional: give it where it costs less than a new array for
   * each digest. Default: `sha256` and a copy.
   */
  sha256Into?(bytes: Uint8Array, target: Uint8Array, offset: number): void;
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
}
