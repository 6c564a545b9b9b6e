import { OptionError } from '@breakwater/errors/core';
import { callable, checkOptions, oneOf, type Rule, record, text } from '@breakwater/errors/options';
import { count, timerMs } from '../sinks/buffer-options.ts';
import type { DropPolicy } from '../sinks/drop.ts';
import type { OtlpOptions } from '../sinks/otlp.ts';
import type { TlsOptions } from './poster.ts';

const ANY: Rule = ['anything', () => true];
const rules: Readonly<Record<string, Rule>> = {
  name: text,
  url: ['an http or https address', (v) => typeof v === 'string' && URL.canParse(v) && /^https?:/i.test(v), true],
  headers: ['names and values that HTTP headers can have', areHeaders, true],
  encoding: /* @__PURE__ */ oneOf('protobuf', 'json'),
  compression: /* @__PURE__ */ oneOf('none', 'gzip'),
  tls: record,
  batchSize: count,
  flushMs: timerMs,
  maxBufferChars: count,
  whenFull: ['dropOldest() or dropLowest()', isDropPolicy],
  timeoutMs: timerMs,
  flushTimeoutMs: timerMs,
  exitTimeoutMs: timerMs,
  onRejected: callable,
  random: callable,
};

/** Throws `OptionError` for the first option of `otlpSink` that is wrong. */
export function checkOtlpOptions(options: OtlpOptions): void {
  checkOptions('otlpSink', options, rules, ['url']);
  if (options.tls !== undefined) checkTls(options.tls);
}

function isDropPolicy(value: unknown): boolean {
  const { kind, open } = Object(value) as Partial<DropPolicy>;
  return typeof open === 'function' && (kind === 'drop-oldest' || kind === 'drop-lowest');
}

/** Says of what type a wrong one is, not what it is: it may be most of a key. */
function checkTls(tls: TlsOptions): void {
  checkOptions('otlpSink.tls', tls, { ca: ANY, cert: ANY, key: ANY });
  for (const [part, pem] of Object.entries(tls)) {
    if (pem !== undefined && !(typeof pem === 'string' && pem.includes('-----BEGIN ')))
      throw new OptionError(`otlpSink.tls.${part}`, `a ${typeof pem}`, 'a PEM text');
  }
  try {
    process.getBuiltinModule('node:tls').createSecureContext(tls);
  } catch (error) {
    throw new OptionError('otlpSink.tls', (error as Error).message, 'certificates and a key that fit');
  }
}

/** A header that cannot be sent would make every request fail, for ever. */
function areHeaders(value: unknown): boolean {
  const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http');
  try {
    for (const [header, content] of Object.entries(value as Record<string, string>)) {
      validateHeaderName(header);
      validateHeaderValue(header, content);
      if (typeof content !== 'string') return false;
    }
    return typeof value === 'object';
  } catch {
    // What Node does not send.
    return false;
  }
}
