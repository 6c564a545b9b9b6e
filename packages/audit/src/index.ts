export { canonicalize, type JsonValue, parseCanonical } from './canonical.ts';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
export { nodePrimitives } from './cli/primitives.ts';
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
export { toCsvHeader, toCsvRow } from './export/csv.ts';
export { OCSF_VERSION, toOcsf } from './export/ocsf.ts';
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
export {
  administration,
  auditLog,
  authentication,
  configurationChange,
  dataAccess,
  type EventDetails,
  payment,
} from './presets.ts';
export { verifyConsistency, verifyInclusion } from './proof.ts';
export { createProofFile } from './proof-file.ts';
export { type EntryFilter, matchesFilter, readEntries } from './query.ts';
export { redactEvent } from './redact-event.ts';
export { digestOf } from './reference.ts';
export type { AuditStore, JournalEntry } from './store.ts';
export { type DirectoryStoreOptions, directoryStore } from './stores/directory.ts';
export { memoryStore } from './stores/memory.ts';
export { type PostgresClient, type PostgresStoreOptions, postgresStore } from './stores/postgres.ts';
export { type S3StoreOptions, s3Store } from './stores/s3.ts';
export type { S3Credentials } from './stores/sigv4.ts';
export { openTrail } from './trail.ts';
export type { AppendResult, Durability, Trail, TrailOptions } from './trail-types.ts';
export { createWitness, type LastSigned, type WitnessOptions, type WitnessState } from './witness/create-witness.ts';
export { directoryWitnessState } from './witness/directory-state.ts';
export { createWitnessHandler } from './witness/handler.ts';
export { type HttpWitnessOptions, httpWitness } from './witness/http-witness.ts';
export type { Witness, WitnessAnswer, WitnessRefusal, WitnessRequest } from './witness/witness.ts';
