import type { Rule } from '@breakwater/errors/options';
import { ConfigError, type Mistake, showValue } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import { FILE_VARIABLE, idleVariables, unknownKeys } from './names.ts';
import { exportTarget, SIGNALS } from './otlp-settings.ts';
import { isPair } from './pem-files.ts';
import { type Config, HOOK_SHARE, SETTING_NAMES, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** What `loadConfig` reads. */
export interface ConfigSources {
  /** By setting name; `undefined` counts as not given. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Options that are no settings, and what they must be. */
  readonly rules: Readonly<Record<string, Rule>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file; else the variable `BREAKWATER_CONFIG` names it. */
  readonly file: string | undefined;
}

/**
 * The configuration in force: options before environment before file before default. An empty variable counts as
 * not set. Throws `ConfigError` with every mistake of all three places.
 */
export function loadConfig({ options, rules, env, file }: ConfigSources): Config {
  const mistakes: Mistake[] = [];
  const path = file ?? (env[FILE_VARIABLE] === '' ? undefined : env[FILE_VARIABLE]?.trim());
  const fromFile = path === undefined ? {} : readConfigFile(path, mistakes);
  unknownKeys('options', options, [...SETTING_NAMES, ...Object.keys(rules)], mistakes);
  for (const [name, [expected, accepts]] of Object.entries(rules)) {
    const value = options[name];
    if (value !== undefined && !accepts(value))
      mistakes.push({ source: 'options', name, expected, shown: showValue(value, false) });
  }
  if (path !== undefined) unknownKeys(path, fromFile, SETTING_NAMES, mistakes);
  idleVariables(env, mistakes);

  const config: Record<string, unknown> = {};
  const wrong = new Set<SettingName>();
  for (const name of SETTING_NAMES) {
    const setting = SETTINGS[name] as Setting<unknown>;
    const { kind, secret = false } = setting;
    const check = (source: string, label: string, value: unknown): void => {
      if (value === undefined) return;
      if (kind.accept(value)) {
        config[name] ??= value;
        return;
      }
      wrong.add(name);
      // Somebody may have put the secret where the name belongs.
      const fault = secret ? undefined : kind.faultOf?.(value);
      const why = kind.whyNot?.(value);
      const shown =
        showValue(value, secret || kind.hides?.(value) === true) +
        (fault === undefined ? '' : ` with a wrong ${showValue(fault, false)}`) +
        (why === undefined ? '' : `, which ${why}`);
      mistakes.push({ source, name: label, expected: kind.expected, shown });
    };
    check('options', name, options[name]);
    for (const variable of setting.env) {
      const text = env[variable];
      if (text === undefined || text === '' || setting.counts?.[variable]?.(env) === false) continue;
      const value = (setting.text?.[variable] ?? kind.fromText)(text.trim());
      // Of a list or map that cannot be read the text is shown, not what became of it.
      check('environment', variable, kind.accept(value) ? value : text);
    }
    if (path !== undefined) check(path, name, fromFile[name]);
    config[name] ??= setting.fallback;
    // The specification's second way to name the service; `resource` is read before.
    if (name === 'service' && config[name] === undefined)
      check('together', 'resource, service.name', (config['resource'] as Config['resource'])['service.name']);
    // A resource that cannot be read may have had the name.
    if (config[name] === undefined && setting.required === true && !wrong.has(name) && !wrong.has('resource')) {
      wrong.add(name);
      const label = `${name} (or ${setting.env.join(', ')})`;
      mistakes.push({ source: 'options', name: label, expected: kind.expected, shown: 'nothing' });
    }
  }
  const made = config as unknown as Config;
  mistakes.push(...unfitting(made, wrong));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return made;
}

/** Settings that are right each, and not together. One that is wrong by itself is not looked at again. */
function unfitting(made: Config, wrong: ReadonlySet<SettingName>): Mistake[] {
  const mistakes: Mistake[] = [];
  const refuse = (name: SettingName, beside: readonly SettingName[], expected: string): void => {
    if ([name, ...beside].some((each) => wrong.has(each)) || mistakes.some((mistake) => mistake.name === name)) return;
    mistakes.push({ source: 'together', name, expected, shown: showValue(made[name], false) });
  };
  if (made.drainMs >= made.shutdownTimeoutMs * HOOK_SHARE) {
    const expected = `less than two thirds of shutdownTimeoutMs (${made.shutdownTimeoutMs})`;
    refuse('drainMs', ['shutdownTimeoutMs'], expected);
  }
  const spanQueue = made.spanQueue ?? made.maxQueue;
  if (made.spanBatch !== undefined && made.spanBatch > spanQueue)
    refuse('spanBatch', ['spanQueue', 'maxQueue'], `at most the spans that are kept (${spanQueue})`);
  const recordQueue = made.recordQueue ?? made.maxQueue;
  if (made.recordBatch !== undefined && made.recordBatch > recordQueue)
    refuse('recordBatch', ['recordQueue', 'maxQueue'], `at most the records that are kept (${recordQueue})`);
  if (made.logsExporter.includes('console') && !made.stdout)
    refuse('logsExporter', ['stdout'], 'no console while stdout is false');
  for (const signal of SIGNALS) {
    const { clientCertificate, clientKey } = exportTarget(made, signal);
    if ((clientCertificate === undefined) !== (clientKey === undefined))
      refuse(
        clientKey === undefined ? 'otlpClientKey' : 'otlpClientCertificate',
        ['otlpClientCertificate', 'otlpClientKey', `${signal}ClientCertificate`, `${signal}ClientKey`],
        'certificate and key, or neither',
      );
    else if (clientCertificate !== undefined && clientKey !== undefined && !isPair(clientCertificate, clientKey))
      refuse(
        made[`${signal}ClientKey`] === undefined ? 'otlpClientKey' : `${signal}ClientKey`,
        ['otlpClientCertificate', 'otlpClientKey', `${signal}ClientCertificate`, `${signal}ClientKey`],
        `the key of the first certificate in ${clientCertificate}`,
      );
  }
  return mistakes;
}
