import type { Verifier } from '../note.ts';

/** A checkpoint to sign, C2SP tlog-witness (https://c2sp.org/tlog-witness). */
export interface WitnessRequest {
  /** The signed checkpoint. */
  readonly note: string;
  /** Size of the tree that the witness signed last for this trail; 0 for none, or where it is not known. */
  readonly oldSize: number;
  /** Consistency proof (RFC 6962 section 2.1.2) from `oldSize` to the checkpoint's size; empty where `oldSize` is 0. */
  readonly proof: readonly Uint8Array[];
  readonly signal?: AbortSignal;
}

/** Why a witness does not sign. */
export type WitnessRefusal =
  /** The request cannot be read (400). */
  | 'malformed'
  /** It knows no key of this trail (404), or the checkpoint has no signature by one that it knows (403). */
  | 'unknown_trail'
  | 'unknown_key'
  /** The checkpoint does not extend the one that it signed last (422, or 409 for another root at the same size). */
  | 'inconsistent';

export type WitnessAnswer =
  /** Signature lines of C2SP tlog-cosignature; not checked yet. */
  | { readonly kind: 'signed'; readonly signatures: string }
  /** It signed a tree of this size last, and `oldSize` was another (409). Ask again from there. */
  | { readonly kind: 'conflict'; readonly size: number }
  | { readonly kind: 'refused'; readonly reason: WitnessRefusal };

/**
 * Somebody else who signs checkpoints, after checking that each extends the one before. With it the operator cannot show
 * one history to one auditor and another to the next. `httpWitness` asks one elsewhere, `createWitness` is one.
 */
export interface Witness {
  readonly verifier: Verifier;
  /** Rejects where there is no answer of the protocol: nobody there, too late, another status. */
  addCheckpoint(request: WitnessRequest): Promise<WitnessAnswer>;
}
