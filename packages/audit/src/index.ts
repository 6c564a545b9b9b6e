export { canonicalize, type JsonValue, parseCanonical } from './canonical.ts';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
export { AuditError, type AuditErrorCode, isAuditError } from './errors.ts';
export type {
  AuditActor,
  AuditEntry,
  AuditEvent,
  AuditOutcome,
  AuditReference,
  AuditResource,
  SealedPersonalData,
} from './event.ts';
export { checkEvent } from './event.ts';
export {
  generateSigner,
  generateWitnessSigner,
  parseNote,
  parseSigner,
  parseVerifier,
  type Signer,
  type Verifier,
  verifyNote,
} from './note.ts';
export { createPersonalData, type KeyStore, type PersonalData } from './personal-data.ts';
export { verifyConsistency, verifyInclusion } from './proof.ts';
export type { AuditStore, JournalEntry } from './store.ts';
export { type DirectoryStoreOptions, directoryStore } from './stores/directory.ts';
export { type AppendResult, type Durability, openTrail, type Trail, type TrailOptions } from './trail.ts';
export { createWitness, type Witness } from './witness.ts';
