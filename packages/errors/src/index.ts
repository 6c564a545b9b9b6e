export { type ClassifierOptions, type Classify, classify, createClassifier } from './classify.ts';
export { type ContextProvider, currentErrorContext, type ErrorContext, setContextProvider } from './context.ts';
export {
  type AnyErrorType,
  type DefinitionWithoutCode,
  defineError,
  defineErrors,
  type ErrorArguments,
  type ErrorOf,
  type ErrorType,
  type ErrorTypes,
  hasCategory,
  isError,
} from './define.ts';
export type { DefinitionData, ErrorDefinition, LocalisedText } from './definition.ts';
export { BreakwaterError, type ErrorOptions, type FieldError } from './error.ts';
export { type MatchCases, match, matchCategory, rethrow } from './match.ts';
export type { ParametersOf } from './message-template.ts';
export { OptionError } from './misuse.ts';
export type { Conditions, Expected, Rule, RulePack, VerdictChanges } from './pack.ts';
export { packs } from './packs.ts';
export { type ReasonData, reasons } from './reasons.ts';
export { attempt, type ExpectedError, err, ok, type Result, unwrap } from './result.ts';
export { parseRetryAfter, retryAfterFromHeaders } from './retry-after.ts';
export {
  CATEGORIES,
  type Category,
  type Confidence,
  type Evidence,
  isCategory,
  type Outcome,
  STRENGTHS,
  type Strength,
  type Unit,
  type Verdict,
} from './taxonomy.ts';
