import type { AuditError } from './errors.ts';
import type { AuditEntry, AuditEvent } from './event.ts';
import type { Signer } from './note.ts';
import type { PersonalData } from './personal-data.ts';
import type { AuditStore } from './store.ts';
import type { Witness } from './witness/witness.ts';

/** How far an entry has come when `append` resolves. Each level includes those before it. */
export type Durability =
  /** It has its index and is in memory. A crash loses it. */
  | 'accepted'
  /** It is in the journal, on disk. A crash keeps it, at its index. The default. */
  | 'durable'
  /** A signed checkpoint covers it: a proof of it can be given to anybody. */
  | 'published'
  /** The witnesses have signed that checkpoint, so that the operator cannot show another history to somebody else. */
  | 'witnessed';

export interface AppendResult {
  readonly index: number;
  readonly id: string;
  readonly leafHash: Uint8Array;
}

export interface TrailOptions {
  readonly store: AuditStore;
  /** Signs checkpoints. Its name is the trail's origin. */
  readonly signer: Signer;
  /** A checkpoint is signed at most this long after an entry is durable. Default 1,000 ms. */
  readonly publishIntervalMs?: number;
  /** Entries that may wait to be written; beyond it `append` rejects with `AUDIT_OVERLOADED`. Default 100,000. */
  readonly maxPending?: number;
  /** Takes secrets out of an event before it is hashed. Default `redactEvent`, which uses `@breakwater/redact`. */
  readonly redact?: (event: AuditEvent) => AuditEvent;
  /** Keys for `event.personal`. Without it an event with personal data is refused. */
  readonly personalData?: PersonalData;
  readonly witnesses?: readonly Witness[];
  /** Witness signatures needed for `witnessed`. Default: all of them. */
  readonly witnessQuorum?: number;
  /**
   * A round of asking the witnesses lasts at most this long, in ms. `published` does not wait for it; the next checkpoint
   * does. Default 10,000.
   */
  readonly witnessTimeoutMs?: number;
  /** Once the quorum has signed, the other witnesses have this long, in ms. Default 250. */
  readonly witnessGraceMs?: number;
  /** Where the quorum did not sign, they are asked again after this long, in ms. Default 30,000. */
  readonly witnessRetryMs?: number;
  /** What the machine's clock is set by, as far as the operator knows. Default `system`. */
  readonly clock?: string;
  /** Name of the system component that records, 1 to 200 characters: the origination that PCI DSS 10.2.2 asks for. Default the host's name. */
  readonly component?: string;
  /** Milliseconds since 1970. Default Date.now. */
  readonly now?: () => number;
  /**
   * Hears of a failed background publication, of an `accepted` entry that was lost, of each witness that did not sign, and
   * of a journal or partial tiles that could not be removed once they were needless; the next publication tries again.
   * Without it the first failure to write becomes a process warning.
   */
  readonly onError?: (error: AuditError) => void;
}

export interface Trail {
  readonly origin: string;
  /** Entries with an index, durable or not. */
  readonly size: number;
  /** Records an event. Rejects with an AuditError where it did not reach `level`; see the codes. */
  append(event: AuditEvent, level?: Durability): Promise<AppendResult>;
  /** Publishes what is durable now. */
  publish(): Promise<void>;
  /** The latest signed checkpoint, with cosignatures, or null before the first. */
  checkpoint(): string | null;
  /** The entry at an index of the published tree. */
  entry(index: number): Promise<AuditEntry>;
  /** Hashes from the leaf's sibling upwards, for the published tree or an earlier `size` of it. */
  inclusionProof(index: number, size?: number): Promise<Uint8Array[]>;
  consistencyProof(oldSize: number, size?: number): Promise<Uint8Array[]>;
  /**
   * Changes the key: records both public keys as a `trail.key_rotation` entry, publishes a checkpoint that both keys
   * sign (kept at `rotation/SIZE`), and signs with the new key from then on. The name stays. Where it rejects, the old
   * key is still in use.
   */
  rotateKey(next: Signer): Promise<void>;
  /**
   * Removes the content of the entries below `below`, rounded down to a multiple of 256. Records it as a `trail.prune`
   * entry first, which the file `pruned` names. Hashes from level 1 up stay, so that all later entries keep their proofs.
   * Answers the index below which content is gone.
   */
  prune(below: number): Promise<number>;
  /** Publishes everything, then gives up the lock. */
  close(): Promise<void>;
}
