import { readFileSync } from 'node:fs';
import { ConfigError, type Mistake, showValue } from './config-error.ts';
import { exportTarget, SIGNALS } from './otlp-settings.ts';
import { type Config, HOOK_SHARE, SETTING_NAMES, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** Variable that names the JSON file. */
export const FILE_VARIABLE = 'BREAKWATER_CONFIG';

/** What `loadConfig` reads. */
export interface ConfigSources {
  /** By setting name; `undefined` counts as not given. Names listed in `alsoKnown` belong to somebody else. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly alsoKnown: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file; else the variable `BREAKWATER_CONFIG` names it. */
  readonly file: string | undefined;
}

/**
 * The configuration in force: options before environment before file before default. An empty variable counts as
 * not set. Throws `ConfigError` with every mistake of all three places.
 */
export function loadConfig({ options, alsoKnown, env, file }: ConfigSources): Config {
  const mistakes: Mistake[] = [];
  const path = file ?? (env[FILE_VARIABLE] === '' ? undefined : env[FILE_VARIABLE]);
  const fromFile = path === undefined ? {} : readFile(path, mistakes);
  unknownKeys('options', options, [...SETTING_NAMES, ...alsoKnown], mistakes);
  if (path !== undefined) unknownKeys(path, fromFile, SETTING_NAMES, mistakes);
  misspeltVariables(env, mistakes);

  const config: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const setting = SETTINGS[name] as Setting<unknown>;
    const check = (source: string, label: string, value: unknown): void => {
      if (value === undefined) return;
      if (!setting.kind.accept(value)) {
        const shown = showValue(value, setting.secret === true);
        mistakes.push({ source, name: label, expected: setting.kind.expected, shown });
      } else if (config[name] === undefined) config[name] = value;
    };
    check('options', name, options[name]);
    for (const variable of setting.env) {
      const text = env[variable];
      if (text === undefined || text === '' || setting.counts?.[variable]?.(env) === false) continue;
      const value = (setting.text?.[variable] ?? setting.kind.fromText)(text.trim());
      // Of a list or map that cannot be read the text is shown, not what became of it.
      check('environment', variable, setting.kind.accept(value) ? value : text);
    }
    if (path !== undefined) check(path, name, fromFile[name]);
    if (config[name] === undefined) config[name] = setting.fallback;
    // The specification's second way to name the service; `resource` is read before.
    if (name === 'service' && config[name] === undefined)
      check('together', 'resource, service.name', (config['resource'] as Config['resource'])['service.name']);
    if (config[name] === undefined && setting.required === true && !mistakes.some((m) => isAbout(m, name, setting))) {
      mistakes.push({
        source: 'options',
        name: `${name} (or ${setting.env.join(', ')})`,
        expected: setting.kind.expected,
        shown: 'nothing',
      });
    }
  }
  const made = config as unknown as Config;
  if (mistakes.length === 0) mistakes.push(...unfitting(made));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return made;
}

/** Settings that are right each, and not together. */
function unfitting(made: Config): Mistake[] {
  const mistakes: Mistake[] = [];
  const refuse = (name: SettingName, expected: string): void => {
    mistakes.push({ source: 'together', name, expected, shown: showValue(made[name], false) });
  };
  if (made.drainMs >= made.shutdownTimeoutMs * HOOK_SHARE)
    refuse('drainMs', `less than two thirds of shutdownTimeoutMs (${made.shutdownTimeoutMs})`);
  const spanQueue = made.spanQueue ?? made.maxQueue;
  if (made.spanBatch !== undefined && made.spanBatch > spanQueue)
    refuse('spanBatch', `at most the spans that are kept (${spanQueue})`);
  const recordQueue = made.recordQueue ?? made.maxQueue;
  if (made.recordBatch !== undefined && made.recordBatch > recordQueue)
    refuse('recordBatch', `at most the records that are kept (${recordQueue})`);
  if (made.logsExporter?.includes('console') && made.stdout === false)
    refuse('logsExporter', 'no console while stdout is false');
  for (const signal of SIGNALS) {
    const { clientCertificate, clientKey } = exportTarget(made, signal);
    if ((clientCertificate === undefined) !== (clientKey === undefined))
      refuse(clientKey === undefined ? 'otlpClientKey' : 'otlpClientCertificate', 'certificate and key, or neither');
  }
  return mistakes;
}

function isAbout(mistake: Mistake, name: SettingName, setting: Setting<unknown>): boolean {
  return mistake.name === name || setting.env.includes(mistake.name);
}

function readFile(path: string, mistakes: Mistake[]): Readonly<Record<string, unknown>> {
  const refuse = (shown: string): Readonly<Record<string, unknown>> => {
    mistakes.push({ source: path, name: 'the file', expected: 'a JSON object', shown });
    return {};
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // A parser's message quotes the text around the mistake, which may be a secret.
    return refuse(error instanceof SyntaxError ? 'a text that is not JSON' : (error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('another JSON value');
  return value as Readonly<Record<string, unknown>>;
}

function unknownKeys(source: string, given: object, known: readonly string[], mistakes: Mistake[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const near = known.find((candidate) => isNear(candidate.toLowerCase(), key.toLowerCase()));
    const expected = near === undefined ? `one of ${known.join(', ')}` : `a known name, perhaps ${near}`;
    mistakes.push({ source, name: showValue(key, false), expected, shown: 'an unknown name' });
  }
}

/** Other programs have variables of this prefix too, so only those are refused that nearly are one of ours. */
function misspeltVariables(env: ConfigSources['env'], mistakes: Mistake[]): void {
  const known = [FILE_VARIABLE, ...SETTING_NAMES.flatMap((name) => SETTINGS[name].env)];
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('BREAKWATER_') || known.includes(variable)) continue;
    const near = known.find((candidate) => isNear(candidate, variable));
    if (near === undefined) continue;
    mistakes.push({
      source: 'environment',
      name: variable,
      expected: `a known name, perhaps ${near}`,
      shown: 'an unknown name',
    });
  }
}

/** At most two letters inserted, left out or replaced (Levenshtein distance). */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2) return false;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]! <= 2;
}
