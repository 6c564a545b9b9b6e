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
  Place,
  Preset,
  PseudonymKeys,
  RedactOptions,
  Redactor,
  Rule,
} from './types.ts';
