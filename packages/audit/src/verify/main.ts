/** The verifier alone (`@breakwater/audit/verify`): no import from the writer, no Node built-ins, runs in browsers. */
export { type BundleJob, type BundleResult, type CheckedBundle, checkBundles } from './bundles.ts';
export { type ProvedEntry, verifyProof } from './proof.ts';
export type { Finding, VerifyOptions, VerifyReport } from './report.ts';
export { type PublicKey, readCheckpoint, readPublicKey, type SignedCheckpoint } from './signed-checkpoint.ts';
export type { Primitives, TrailSource } from './source.ts';
export { verifyTrail } from './verify.ts';
