import { parseTemplate, type TemplatePart } from './message-template.ts';
import { OptionError } from './misuse.ts';
import { checkOptions, delayMs, either, flag, oneOf, type Rule, record, whole } from './options.ts';
import { CATEGORIES, type Category, type Outcome } from './taxonomy.ts';

/** One text, or one per locale (BCP 47 tag). An entry `en` is what other locales fall back to. */
export type LocalisedText = string | Readonly<Record<string, string>>;

/** A catalogue entry: everything there is to say about one kind of failure. */
export interface ErrorDefinition<Code extends string = string, Template extends string = string> {
  /** Stable upper-case identifier, `PAYMENT_DECLINED`. Never reused with another meaning. */
  readonly code: Code;
  readonly category: Category;
  /** For developers and logs. Parameters as `{name}` (text) or `{name:number}`, `integer`, `boolean`, `date`. */
  readonly message: Template;
  /** HTTP status, 400 to 599. Default: business 422, permanent 500, systemic 503, transient 503. */
  readonly status?: number;
  /** For end users, with parameters of `message`. Default: a general text by status. */
  readonly userMessage?: LocalisedText;
  /** For whoever is on call: what to do. */
  readonly nextStep?: string;
  /** Absolute URL of the documentation. */
  readonly docs?: string;
  /** Short title of the problem type. Default: the code in words. */
  readonly title?: string;
  /** Class name. Default: the code in PascalCase. */
  readonly name?: string;
  /** May a machine repeat the request? Default: only for `transient`. */
  readonly retryable?: boolean;
  /** Effect of the failed request. Default: `not-applied` for business, and for permanent with a 4xx status; else `unknown`. */
  readonly outcome?: Outcome;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Is one occurrence worth a person's attention? Default: only for `systemic`, and for `permanent` with a 5xx status. */
  readonly alert?: boolean;
  /** Parameters that a problem document may carry, so that a client can rebuild the error. Default: none. */
  readonly publicParams?: readonly string[];
}

/** A definition with its defaults filled in. */
export interface DefinitionData {
  readonly code: string;
  readonly category: Category;
  readonly message: string;
  readonly status: number;
  readonly userMessage: LocalisedText | undefined;
  readonly nextStep: string | undefined;
  readonly docs: string | undefined;
  readonly title: string;
  readonly name: string;
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly retryAfterMs: number | undefined;
  readonly alert: boolean;
  readonly publicParams: readonly string[];
  /** The parsed message. */
  readonly parts: readonly TemplatePart[];
}

const WORDS: Rule = ['a text', (value) => typeof value === 'string' && value.trim() !== ''];

// A bundle without definitions leaves the table out.
const RULES: Readonly<Record<keyof ErrorDefinition, Rule>> = /* @__PURE__ */ (() => ({
  code: [
    'UPPER_CASE words joined by _, at most 64 characters',
    (value) => typeof value === 'string' && value.length <= 64 && /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(value),
  ],
  category: oneOf(...CATEGORIES),
  message: WORDS,
  status: whole(400, 599),
  userMessage: either(WORDS, ['one per locale', record[1]]),
  nextStep: WORDS,
  docs: ['an absolute URL', (value) => typeof value === 'string' && URL.canParse(value)],
  title: WORDS,
  name: ['a class name', (value) => typeof value === 'string' && /^[A-Za-z_$][\w$]*$/.test(value)],
  retryable: flag,
  outcome: oneOf('not-applied', 'rolled-back', 'unknown'),
  retryAfterMs: delayMs,
  alert: flag,
  publicParams: ['an array of parameter names', Array.isArray],
}))();

const DEFAULT_STATUS: Readonly<Record<Category, number>> = {
  business: 422,
  permanent: 500,
  systemic: 503,
  transient: 503,
};

/** Checks a definition and fills in its defaults. Throws `OptionError` naming the option, prefixed by `at`. */
export function toDefinitionData(definition: ErrorDefinition, at: string): DefinitionData {
  checkOptions(at, definition, RULES, ['code', 'category', 'message']);
  const { code, category } = definition;
  const parts = parseTemplate(definition.message, `${at}.message`);
  const names = new Map(parts.flatMap((part) => (typeof part === 'string' ? [] : [[part.name, part.kind]])));
  const status = definition.status ?? DEFAULT_STATUS[category];
  checkUserMessage(definition.userMessage, names, `${at}.userMessage`);
  const name = definition.name ?? pascalCase(code);
  const publicParams = definition.publicParams ?? [];
  for (const param of publicParams) {
    if (!names.has(param))
      throw new OptionError(
        `${at}.publicParams`,
        param,
        `a parameter of the message (${[...names.keys()].join(', ')})`,
      );
  }
  return {
    code,
    category,
    message: definition.message,
    status,
    userMessage: definition.userMessage,
    nextStep: definition.nextStep,
    docs: definition.docs,
    title: definition.title ?? sentence(code),
    name,
    retryable: definition.retryable ?? category === 'transient',
    outcome:
      definition.outcome ??
      (category === 'business' || (category === 'permanent' && status < 500) ? 'not-applied' : 'unknown'),
    retryAfterMs: definition.retryAfterMs,
    alert: definition.alert ?? (category === 'systemic' || (category === 'permanent' && status >= 500)),
    publicParams,
    parts,
  };
}

function checkUserMessage(value: unknown, names: ReadonlyMap<string, string>, at: string): void {
  if (value === undefined) return;
  const texts: Record<string, unknown> = typeof value === 'string' ? { '': value } : (value as Record<string, unknown>);
  if (typeof value !== 'string' && typeof texts['en'] !== 'string') {
    throw new OptionError(`${at}.en`, texts['en'], 'a text (the one other locales fall back to)');
  }
  for (const [locale, entry] of Object.entries(texts)) {
    const where = locale === '' ? at : `${at}.${locale}`;
    if (!WORDS[1](entry)) throw new OptionError(where, entry, WORDS[0]);
    if (locale !== '' && !isLocale(locale)) throw new OptionError(where, locale, 'a BCP 47 language tag');
    for (const part of parseTemplate(entry as string, where)) {
      // The kind is the message's: `{amount}` in a user text means the same parameter as `{amount:number}` there.
      if (typeof part !== 'string' && !names.has(part.name))
        throw new OptionError(where, part.name, 'parameters of the message');
    }
  }
}

function isLocale(tag: string): boolean {
  let is: boolean;
  try {
    is = Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    // RangeError is how Intl says that a tag is malformed, which is the answer asked for.
    is = false;
  }
  return is;
}

function pascalCase(code: string): string {
  return code
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}

function sentence(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
