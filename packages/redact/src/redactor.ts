import { compile } from './compile.ts';
import { createRoot, isPlainText, isQuietItem } from './place.ts';
import { pseudonymMarker } from './replace.ts';
import { redactText } from './text/redact-text.ts';
import type { Finding, RedactOptions, Redactor } from './types.ts';
import { createWalk, redactNamed, redactValue } from './walk.ts';
import { DROP, redactString } from './walk-state.ts';

/**
 * Compiles rules into a redactor. Throws `RedactConfigError`, naming the option, for an unknown or impossible option,
 * for two rules that contradict each other, and for a pattern that would need backtracking. Make one and keep it: it
 * costs some milliseconds.
 */
export function createRedactor(options: RedactOptions = {}): Redactor {
  const engine = compile(options);
  const start = engine.paths?.start;

  function redact(value: string): string;
  function redact(value: unknown): unknown;
  function redact(value: unknown): unknown {
    if (typeof value === 'string') return string(value);
    const result = redactValue(createWalk(engine), value, start, '');
    return result === DROP ? undefined : result;
  }

  function string(text: string): string {
    if (typeof text !== 'string') return string(String(redact(text as unknown)));
    return redactText(engine, text, engine.maxBytes, engine.keepLineBreaks);
  }

  return {
    redact,
    string,
    field(name, value) {
      const result = redactNamed(createWalk(engine), String(name), value, start);
      return result === DROP ? undefined : result;
    },
    root: createRoot(engine, redact),
    isPlain: engine.leavesWords ? isPlainText : () => false,
    isQuiet: (item) => isQuietItem(engine, item),
    explain(value) {
      const findings: Finding[] = [];
      const walk = createWalk(engine, findings);
      if (typeof value === 'string') redactString(walk, value);
      else redactValue(walk, value, start, '');
      return findings;
    },
    pseudonyms(detector, value) {
      return engine.pseudonymKeyIds.map((id) => pseudonymMarker(engine, detector, String(value), id));
    },
  };
}

const byOptions = new WeakMap<RedactOptions, Redactor>();
let standard: Redactor | undefined;

/**
 * `createRedactor(options).redact(value)`, with one redactor per options object kept. Without options the preset is
 * `default`.
 */
export function redact(value: string, options?: RedactOptions): string;
export function redact(value: unknown, options?: RedactOptions): unknown;
export function redact(value: unknown, options?: RedactOptions): unknown {
  if (options === undefined) {
    standard ??= createRedactor();
    return standard.redact(value);
  }
  let redactor = byOptions.get(options);
  if (redactor === undefined) {
    redactor = createRedactor(options);
    byOptions.set(options, redactor);
  }
  return redactor.redact(value);
}
