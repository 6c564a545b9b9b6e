import type { BundleJob, BundleResult } from './bundles.ts';
import type { PublicKey, SignedCheckpoint } from './signed-checkpoint.ts';
import type { Primitives, TrailSource } from './source.ts';

/** One thing that is wrong. `from` and `to` (exclusive) bound the entries it concerns, where that can be told. */
export interface Finding {
  readonly kind: /** No checkpoint, or not one. */
    | 'no_checkpoint'
    /** Not signed by a given key, or by a wrong one. */
    | 'bad_signature'
    /** Another trail than the given key is for. */
    | 'wrong_origin'
    /** A file that the checkpoint's size needs is not there, or has the wrong length. */
    | 'missing'
    | 'damaged'
    /** An entry does not hash to its place in the tree: it was edited, inserted, deleted or moved. */
    | 'changed_entry'
    /** A tile does not hash to its place in the tile above. */
    | 'changed_tile'
    /** All tiles agree with each other and not with the signed root: they were all made again. */
    | 'changed_tree'
    /** The trail is shorter than an earlier checkpoint of it: it was truncated or rolled back. */
    | 'rolled_back'
    /** The trail does not extend an earlier checkpoint of it: history was rewritten, or there are two trails. */
    | 'forked'
    /** The file `pruned` claims more than an entry of the trail allows. */
    | 'unproved_pruning';
  readonly message: string;
  readonly path?: string;
  readonly from?: number;
  readonly to?: number;
}

export interface VerifyOptions {
  readonly source: TrailSource;
  /** The trail's own keys and those of witnesses. */
  readonly keys: readonly PublicKey[];
  /** Keys that the trail used before a rotation. They sign earlier checkpoints only, never the present one. */
  readonly retiredKeys?: readonly PublicKey[];
  readonly primitives: Primitives;
  /** Earlier checkpoints of this trail that the auditor kept. Each must be extended by the present one. */
  readonly earlier?: readonly Uint8Array[];
  readonly onProgress?: (checkedEntries: number, allEntries: number) => void;
  /**
   * Checks entries elsewhere, such as in other processes: `check` is called for one range after the other, at most
   * `concurrency` at a time, and does what `checkBundles` does. `onEntry` is then its business. Default: here.
   */
  readonly entryChecker?: { readonly check: (job: BundleJob) => Promise<BundleResult>; readonly concurrency: number };
  /** Called for each entry that is proved, in order. */
  readonly onEntry?: (index: number, entry: Uint8Array) => void;
}

export interface VerifyReport {
  /** True where nothing is wrong. */
  readonly ok: boolean;
  readonly checkpoint: SignedCheckpoint | null;
  readonly findings: readonly Finding[];
  /** Index of the first entry that is not as it was signed, or null. */
  readonly firstBadIndex: number | null;
  /** True where checking stopped after 1,000 findings, so that the counts are not of the whole trail. */
  readonly stopped: boolean;
  readonly checkedEntries: number;
  /** Proved by their hash alone, because their content was pruned. */
  readonly prunedEntries: number;
  readonly checkedTiles: number;
}
