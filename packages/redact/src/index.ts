export { RedactConfigError } from './errors.ts';
export { createRedactor, redact } from './redactor.ts';
export type {
  Action,
  DetectorName,
  DetectorRule,
  Finding,
  KeyRule,
  PathRule,
  PatternRule,
  Preset,
  PseudonymKeys,
  RedactOptions,
  Redactor,
  Rule,
} from './types.ts';
