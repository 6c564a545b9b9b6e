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
export { toFieldErrors } from './field-errors.ts';
export { FINGERPRINT_VERSION, fingerprint, stackPlace } from './fingerprint.ts';
export { type FromProblemOptions, fromProblem } from './from-problem.ts';
export {
  type Catalogue,
  type GenerateOptions,
  type Json,
  type ProblemType,
  toCataloguePage,
  toClassSource,
  toOpenApi,
  toProblemTypes,
} from './generate.ts';
export { type MatchCases, match, matchCategory, type ResultOfCases, rethrow } from './match.ts';
export type { ParametersOf } from './message-template.ts';
export { OptionError } from './misuse.ts';
export type { Conditions, Expected, Rule, RulePack, VerdictChanges } from './pack.ts';
export { packs } from './packs.ts';
export {
  type Problem,
  type ProblemOptions,
  type ProblemResponse,
  problemType,
  TYPE_BASE,
  toProblem,
} from './problem.ts';
export {
  installProcessHandlers,
  type ProcessFailure,
  type ProcessHandlerOptions,
  type ProcessLike,
} from './process-handlers.ts';
export {
  comparePublished,
  type Published,
  type PublishedChange,
  type PublishedCode,
  toPublished,
} from './published.ts';
export { type ReasonData, reasons } from './reasons.ts';
export type { ErrorRecord } from './record.ts';
export { type Attempted, attempt, type ExpectedError, err, ok, type Result, unwrap } from './result.ts';
export { parseRetryAfter, retryAfterFromHeaders } from './retry-after.ts';
export { reviveError } from './revive.ts';
export { type SerialiseOptions, serialise } from './serialise.ts';
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
export { pickLocale, type UserTexts, userTexts } from './user-texts.ts';
