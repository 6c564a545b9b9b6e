import { callable, type Rule, text, whole } from '@breakwater/errors/options';
import { AuditError } from '../errors.ts';
import { parseVerifier } from '../note.ts';
import { checkOptions } from '../option.ts';
import { readLimited } from '../response-body.ts';
import { formatRequest, parseSize, REFUSAL_STATUS, SIZE_TYPE } from './wire.ts';
import type { Witness, WitnessAnswer, WitnessRefusal } from './witness.ts';

const MAX_ANSWER_BYTES = 64 * 1024;

export interface HttpWitnessOptions {
  /** Submission prefix of the witness: `https://witness.example.com/`. `add-checkpoint` is added. */
  readonly url: string;
  /** Its public key, `NAME+KEYID+BASE64`, for cosignatures (algorithm 4). Only this key's signatures count. */
  readonly key: string;
  /** For one request. Default 10,000. */
  readonly timeoutMs?: number;
  /** Default the global one. */
  readonly fetch?: typeof fetch;
}

const RULES: { readonly [option in keyof HttpWitnessOptions]-?: Rule } = {
  url: text,
  key: text,
  timeoutMs: whole(1, 600_000),
  fetch: callable,
};

/**
 * A witness elsewhere, over C2SP tlog-witness. Follows no redirects and reads at most 64 KiB of an answer. Throws
 * `AUDIT_INVALID_OPTION`; requests reject with `AUDIT_NOT_WITNESSED` where there is no answer of the protocol.
 */
export function httpWitness(options: HttpWitnessOptions): Witness {
  checkOptions('httpWitness', options, RULES, ['url', 'key']);
  const { timeoutMs = 10_000 } = options;
  const url = endpointOf(options.url);
  const verifier = parseVerifier(options.key);
  if (verifier.kind !== 'cosignature')
    throw new AuditError(
      'AUDIT_INVALID_OPTION',
      `httpWitness.key: expected a key for cosignatures; the key of "${verifier.name}" is for signatures`,
    );
  return {
    verifier,
    async addCheckpoint(request) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const response = await (options.fetch ?? fetch)(url, {
          method: 'POST',
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          body: formatRequest(request),
          redirect: 'error',
          signal: request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]),
        });
        return toAnswer(response, (await readLimited(response, MAX_ANSWER_BYTES, url)).toString('utf8'));
      } catch (cause) {
        const { message, cause: inner } = cause as Error;
        const why = inner instanceof Error ? `${message}: ${inner.message}` : message;
        throw new AuditError('AUDIT_NOT_WITNESSED', `The witness at ${url} gave no answer: ${why}`, { cause });
      }
    },
  };
}

function toAnswer(response: Response, body: string): WitnessAnswer {
  const { status, headers } = response;
  if (status === 200) return { kind: 'signed', signatures: body };
  if (status === 409) {
    const isSize = headers.get('content-type')?.split(';')[0]?.trim() === SIZE_TYPE;
    const size = isSize && body.endsWith('\n') ? parseSize(body.slice(0, -1)) : null;
    return size === null ? { kind: 'refused', reason: 'inconsistent' } : { kind: 'conflict', size };
  }
  const refusal = Object.entries(REFUSAL_STATUS).find(([, known]) => known === status);
  if (refusal === undefined) throw new Error(`it answered with status ${status}`);
  return { kind: 'refused', reason: refusal[0] as WitnessRefusal };
}

function endpointOf(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  // Not shown: a password in it would reach the logs, with each failure of the witness too.
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    `${url.search}${url.hash}${url.username}${url.password}` !== ''
  )
    throw new AuditError(
      'AUDIT_INVALID_OPTION',
      'httpWitness.url: expected an http or https URL without query, fragment, user and password',
    );
  return `${url.href.replace(/\/$/, '')}/add-checkpoint`;
}
