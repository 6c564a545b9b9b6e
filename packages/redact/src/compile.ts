import { DETECTORS } from './data/detectors.ts';
import { KEY_TERMS, spellings } from './data/keys.ts';
import { TOKEN_FORMATS } from './data/tokens.ts';
import type { CompiledKey, Engine, Literal, RuleRef } from './engine.ts';
import { RedactConfigError } from './errors.ts';
import { type CompiledRules, compileRules } from './rules.ts';
import { buildAutomaton } from './text/automaton.ts';
import type { Action, DetectorName, Preset, PseudonymKeys, RedactOptions } from './types.ts';

const PRESETS: readonly Preset[] = ['default', 'pci', 'gdpr', 'hipaa', 'secrets'];

/** Compiles options; throws `RedactConfigError` for any that cannot be obeyed. */
export function compile(options: RedactOptions): Engine {
  checkOptions(options);
  const rules = compileRules(options.rules ?? []);
  const actions = actionsOf(options.preset ?? 'default', rules);
  checkPseudonym(options.pseudonym, [...actions.values(), ...rules.actions]);
  return {
    automaton: buildAutomaton(literals(actions, rules)),
    actions,
    refs: new Map(),
    paths: rules.paths,
    // The other detectors want digits, a sign or a name beside the value.
    leavesWords: !actions.has('ip') && rules.patterns.length === 0,
    keepLineBreaks: options.lineBreaks === 'keep',
    maxBytes: limit('maxBytes', options.maxBytes, 1024 * 1024),
    maxDepth: limit('maxDepth', options.maxDepth, 32),
    maxNodes: limit('maxNodes', options.maxNodes, 50_000),
    pseudonym: options.pseudonym && pseudonymiser(options.pseudonym),
    pseudonymKeyIds: options.pseudonym === undefined ? [] : keyIds(options.pseudonym),
  };
}

const OPTIONS = ['preset', 'rules', 'pseudonym', 'lineBreaks', 'maxBytes', 'maxDepth', 'maxNodes'];

function checkOptions(options: RedactOptions): void {
  if (options === null || typeof options !== 'object')
    throw invalid(`options must be an object, not ${String(options)}`);
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name))
      throw invalid(`unknown option ${JSON.stringify(name)}; known are ${OPTIONS.join(', ')}`);
  }
  if (options.rules !== undefined && !Array.isArray(options.rules)) throw invalid('rules must be an array');
  if (options.lineBreaks !== undefined && options.lineBreaks !== 'escape' && options.lineBreaks !== 'keep') {
    throw invalid(`lineBreaks must be "escape" or "keep", not ${JSON.stringify(options.lineBreaks)}`);
  }
}

function invalid(message: string): RedactConfigError {
  return new RedactConfigError('REDACT_INVALID_OPTION', message);
}

function limit(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const least = name === 'maxBytes' ? 256 : 1;
  if (!Number.isSafeInteger(value) || value < least || value > 2 ** 30) {
    throw invalid(`${name} must be a whole number from ${least} to 2^30, not ${String(value)}`);
  }
  return value;
}

function actionsOf(preset: Preset | readonly Preset[], rules: CompiledRules): Map<DetectorName, Action> {
  const actions = new Map<DetectorName, Action>();
  const list: readonly unknown[] = Array.isArray(preset) ? preset : [preset];
  for (const name of list) {
    if (!PRESETS.includes(name as Preset))
      throw invalid(`unknown preset ${JSON.stringify(name)}; known are ${PRESETS.join(', ')}`);
    for (const detector of DETECTORS) {
      const action = detector.presets[name as Preset];
      if (action !== undefined) actions.set(detector.name, action);
    }
  }
  for (const [detector, action] of rules.detectors) {
    if (action === 'keep') actions.delete(detector);
    else actions.set(detector, action);
  }
  return actions;
}

function literals(actions: ReadonlyMap<DetectorName, Action>, rules: CompiledRules): (readonly [string, Literal])[] {
  const result: (readonly [string, Literal])[] = [];
  for (const [literal, trigger] of TRIGGERS) result.push([literal, { kind: 'trigger', trigger }]);
  if (actions.has('ip')) result.push([':', { kind: 'trigger', trigger: 'ipv6' }]);
  const taken = new Set<string>();
  for (const [term, key] of [...rules.keys, ...builtInKeys(actions)]) {
    for (const spelling of spellings(term)) {
      if (taken.has(spelling)) continue;
      taken.add(spelling);
      result.push([spelling, { kind: 'key', length: spelling.length, key }]);
    }
  }
  for (const { pattern, ref } of rules.patterns) result.push([pattern.prefix, { kind: 'pattern', pattern, ref }]);
  const token = actions.get('token');
  if (token !== undefined) {
    for (const format of TOKEN_FORMATS) {
      result.push([
        format.prefix,
        { kind: 'token', format, ref: { detector: 'token', rule: `token/${format.id}`, action: token } },
      ]);
    }
  }
  const authorization = actions.get('authorization');
  if (authorization !== undefined) {
    for (const scheme of ['bearer', 'basic']) {
      const ref: RuleRef = { detector: 'authorization', rule: `authorization/${scheme}`, action: authorization };
      result.push([
        `${scheme} `,
        { kind: 'scheme', length: scheme.length + 1, key: { ...ref, strength: 'medium', glued: false, whole: false } },
      ]);
    }
  }
  return result;
}

const TRIGGERS = [
  ['0', 'digit'],
  ['@', 'at'],
  ['+', 'plus'],
  ['\x01', 'control'],
  ['%', 'percent'],
  ['&', 'entity'],
  ['\\', 'backslash'],
  ['://', 'scheme'],
  ['-----begin ', 'pem'],
  ['eyj', 'jwt'],
  ['[redacted', 'marker'],
] as const;

/** Names of detectors that are on. An exempt name serves every detector; a personal one that is on goes before it. */
function builtInKeys(actions: ReadonlyMap<DetectorName, Action>): (readonly [string, CompiledKey])[] {
  const result: (readonly [string, CompiledKey])[] = [];
  const ordered = [
    ...KEY_TERMS.filter((term) => term.strength !== 'exempt'),
    ...KEY_TERMS.filter((term) => term.strength === 'exempt'),
  ];
  for (const { term, detector, strength, glued } of ordered) {
    const action = actions.get(detector);
    if (action === undefined) continue;
    result.push([
      term,
      {
        detector,
        rule: `${detector}/${term.replaceAll(' ', '-')}`,
        action,
        strength,
        glued: glued === true,
        whole: false,
      },
    ]);
  }
  return result;
}

function checkPseudonym(keys: PseudonymKeys | undefined, actions: readonly Action[]): void {
  if (keys === undefined) {
    if (actions.includes('pseudonym')) {
      throw new RedactConfigError(
        'REDACT_PSEUDONYM_KEY',
        'a rule asks for pseudonyms: give option pseudonym {current, keys}',
      );
    }
    return;
  }
  if (keys === null || typeof keys !== 'object' || keys.keys === null || typeof keys.keys !== 'object') {
    throw new RedactConfigError('REDACT_PSEUDONYM_KEY', 'option pseudonym must be {current, keys}');
  }
  // Not shown, as a key may stand where an id belongs.
  for (const [index, [id, secret]] of Object.entries(keys.keys).entries()) {
    if (!/^[a-z0-9]{1,8}$/.test(id)) {
      throw new RedactConfigError(
        'REDACT_PSEUDONYM_KEY',
        `pseudonym.keys: id number ${index + 1} must be 1 to 8 of a-z and 0-9`,
      );
    }
    const bytes =
      typeof secret === 'string' ? Buffer.byteLength(secret) : secret instanceof Uint8Array ? secret.byteLength : 0;
    if (!(bytes >= 16))
      throw new RedactConfigError('REDACT_PSEUDONYM_KEY', `pseudonym key ${JSON.stringify(id)} has under 16 bytes`);
  }
  if (!Object.hasOwn(keys.keys, keys.current)) {
    const ids = Object.keys(keys.keys).join(', ');
    throw new RedactConfigError('REDACT_PSEUDONYM_KEY', `pseudonym.current must be an id of pseudonym.keys (${ids})`);
  }
}

function keyIds(keys: PseudonymKeys): string[] {
  return [keys.current, ...Object.keys(keys.keys).filter((id) => id !== keys.current)];
}

/** HMAC-SHA256 over detector and value, 64 bits of it as letters `a` to `p`, so that no number detector meets it. */
function pseudonymiser(keys: PseudonymKeys): NonNullable<Engine['pseudonym']> {
  const secrets = new Map(Object.entries(keys.keys).map(([id, secret]) => [id, Buffer.from(secret as string)]));
  return (detector, value, keyId = keys.current) => {
    // Asked for here, not imported: loading it costs 3 ms of CPU, and only pseudonyms need it.
    const { createHmac } = process.getBuiltinModule('node:crypto');
    const digest = createHmac('sha256', secrets.get(keyId)!).update(`${detector}\0${value}`).digest();
    let letters = '';
    for (const byte of digest.subarray(0, 8)) letters += String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15));
    return `${keyId}.${letters}`;
  };
}
