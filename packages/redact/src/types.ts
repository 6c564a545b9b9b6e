/** What happens to a match. `keep` exempts it from every broader rule. */
export type Action = 'mask' | 'drop' | 'last4' | 'pseudonym' | 'keep';

/** A ready set of detectors and actions. `default` is everything but IP addresses and the personal-data keys. */
export type Preset = 'default' | 'pci' | 'gdpr' | 'hipaa' | 'secrets';

/** Every built-in detector. The documentation page lists what each one catches and how it decides. */
export type DetectorName =
  | 'card'
  | 'cvv'
  | 'iban'
  | 'ssn'
  | 'national-id'
  | 'email'
  | 'phone'
  | 'ip'
  | 'jwt'
  | 'authorization'
  | 'cookie'
  | 'url-credentials'
  | 'query-secret'
  | 'connection-string'
  | 'private-key'
  | 'token'
  | 'secret'
  | 'person'
  | 'health';

/**
 * One rule of yours. It beats every built-in rule; among yours, path beats key, key beats pattern, pattern beats
 * detector. `name` (1 to 32 of `a-z` and `-`) stands in its markers and findings; without one the marker says
 * `custom`.
 */
export type Rule = KeyRule | PathRule | PatternRule | DetectorRule;

/**
 * Matches a property name, header, query parameter or `name=value` pair in text, whatever its spelling:
 * `'customer ref'` matches `customerRef`, `customer_ref`, `Customer-Ref` and `CUSTOMERREF`.
 */
export interface KeyRule {
  readonly key: string;
  readonly action: Action;
  readonly name?: string;
}

/**
 * Matches a place in an object: `user.email`, `items[*].card`, `headers["x-trace"]`. `*` is any one segment, `**` any
 * number of them. It says nothing about text.
 */
export interface PathRule {
  readonly path: string;
  readonly action: Action;
  readonly name?: string;
}

/**
 * Matches text: literal characters and `{class}`, `{class:4}`, `{class:4-8}` or `{class:4+}`, where class is `digit`,
 * `hex`, `upper`, `lower`, `alpha`, `alnum`, `base64`, `base64url` or `word`. It begins with at least two literal
 * characters. `{{` is a literal brace. Example: `ACME-{digit:8}-{hex:4}`.
 */
export interface PatternRule {
  readonly pattern: string;
  readonly action: Action;
  readonly name?: string;
}

/** Sets the action of a built-in detector, or switches one on that the preset leaves out, or off with `keep`. */
export interface DetectorRule {
  readonly detector: DetectorName;
  readonly action: Action;
}

/** Keys for pseudonyms. New pseudonyms use `current`; the other keys only serve `Redactor.pseudonyms`. */
export interface PseudonymKeys {
  readonly current: string;
  /** Key id (1 to 8 of `a-z`, `0-9`) to secret of at least 16 bytes. */
  readonly keys: Readonly<Record<string, string | Uint8Array>>;
}

export interface RedactOptions {
  /**
   * Default `default`. Several presets add up; where they differ, the later one's action holds. An empty list is none:
   * only `rules` take anything.
   */
  readonly preset?: Preset | readonly Preset[];
  readonly rules?: readonly Rule[];
  /** Needed as soon as any rule's action is `pseudonym`. */
  readonly pseudonym?: PseudonymKeys;
  /**
   * `escape` (default) writes CR, LF, other control characters, ANSI sequences, U+2028, U+2029 and bidirectional
   * controls as visible escapes, so that text cannot forge a log line. `keep` leaves line breaks and escapes the rest.
   */
  readonly lineBreaks?: 'escape' | 'keep';
  /** UTF-8 bytes of text read per call; the rest is masked. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Levels of nesting; what lies deeper is masked. Default 32. */
  readonly maxDepth?: number;
  /** Values visited per call; the rest is masked. Default 50 000. */
  readonly maxNodes?: number;
}

/** One rule that fired. It never holds the value, nor a length that would tell the value's size. */
export interface Finding {
  /** Where, as `user.cards[0]`; empty for the value itself. Secrets inside keys are masked here too. */
  readonly path: string;
  /** Offset in the text where the match begins, or -1 when the whole value was taken by its key or path. */
  readonly at: number;
  /** Detector, or `custom` for a rule of yours, or `budget` for what lay past a limit. */
  readonly detector: DetectorName | 'custom' | 'budget';
  /** Which rule of the detector, for example `token/stripe-secret` or `card/visa`. */
  readonly rule: string;
  readonly action: Action;
  /** How the match was hidden in the text, if it was. */
  readonly encoding?: 'escaped' | 'base64';
}

/**
 * One place in an object, and what the rules say of it before its value is known: asked once per name, so that a
 * serialiser that walks by itself leaves to the redactor only what needs it.
 */
export interface Place {
  /** Here and below, nothing but names further down and values themselves decides: a text is `string(text)`. */
  readonly isFree: boolean;
  /** An object here is judged property by property, by `at`. (A list that is not free goes to `redact` as a whole.) */
  readonly isOpen: boolean;
  /** What every text here becomes, if that is one thing. Empty text and what begins with `[` are for `redact`. */
  readonly marker: string | undefined;
  /**
   * The property `name`. `label` is what stands beside a property `value` or `args` under `name`, `key` or `header`:
   * `{name: 'authorization', value: …}`.
   */
  at(name: string, label?: string): Place;
  /** A value at this place, as `redact` of the whole would have it. `undefined` when the action is `drop`. */
  redact(value: unknown): unknown;
}

/**
 * A compiled set of rules. Safe to share. No method throws, whatever it is given, mutates what it is given, or reads
 * a property twice; every method ends in time linear in the text.
 */
export interface Redactor {
  /**
   * A copy with everything sensitive replaced. Text that is clean is returned as it is. The copy holds data only:
   * plain objects, arrays, Map, Set, built-in Error, Date and primitives; no getters, no `toJSON`, no proxies, no
   * cycles (`[Circular]`). `redact(redact(x))` equals `redact(x)`.
   */
  redact(value: string): string;
  redact(value: unknown): unknown;
  /** As `redact` for text. A clean string comes back as the same reference and nothing is allocated. */
  string(text: string): string;
  /** Redacts one property's value as `redact` would at that key. `undefined` when the action is `drop`. */
  field(name: string, value: unknown): unknown;
  /** The top of an object, for a serialiser that walks by itself. */
  readonly root: Place;
  /**
   * Can no rule touch this text, whatever its name? A quick look that says yes only to short words and UUIDs without
   * anything that JSON escapes.
   */
  isPlain(text: string): boolean;
  /** May this item of a list be judged without its neighbours? Not if it names the next one (`'--password'`) or ends in digits. */
  isQuiet(item: string): boolean;
  /** Which rules fire on the value, without the value. */
  explain(value: unknown): Finding[];
  /**
   * The pseudonym markers of a value under every key, current first: what to search old log lines for. `detector` is a
   * detector's name, or the name of a rule of yours. Empty when the redactor has no keys.
   */
  pseudonyms(detector: string, value: string): string[];
}
