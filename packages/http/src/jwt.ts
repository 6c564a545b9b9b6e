import { OptionError } from '@breakwater/errors';
import { checkOptions, flag, number, type Rule, text } from '@breakwater/errors/options';
import { updateContext } from '@breakwater/log';
import { systemClock } from '@breakwater/resilience';
import { type CryptoKey, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, type KeyObject } from 'jose';
import { edgeErrors } from './catalogue.ts';
import type { Guard } from './edge.ts';
import { checkItems, list, timerMs } from './options.ts';

export interface JwtOptions {
  /**
   * The key, or where keys are found: `createRemoteJWKSet(url)` or `createLocalJWKSet(set)` of `jose`. A function of yours that
   * knows no key for a token throws `errors.JWKSNoMatchingKey` of `jose`; whatever else it throws says that keys cannot be had.
   */
  readonly key: CryptoKey | KeyObject | Uint8Array | JWTVerifyGetKey;
  /** Algorithms accepted. What a token says about itself never widens this. */
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** True: a request without a token is refused with 401. Default false: it goes on without a user. */
  readonly required?: boolean | undefined;
  /** Name of the claim with the tenant. Default: none. */
  readonly tenantClaim?: string | undefined;
  /** How much the issuer's clock may be off this one's, at most 5 minutes. Default 0. */
  readonly clockToleranceMs?: number | undefined;
  /** Longest wait for a key. Default 5000. */
  readonly keyTimeoutMs?: number | undefined;
}

const rules: Record<string, Rule> = {
  key: [
    'a key, or a function that finds one',
    (v) => typeof v === 'function' || (typeof v === 'object' && v !== null && !Array.isArray(v)),
    true,
  ],
  algorithms: list,
  issuer: text,
  audience: text,
  required: flag,
  tenantClaim: text,
  clockToleranceMs: number(0, 300_000),
  keyTimeoutMs: timerMs,
};
const algorithmRule: Rule = [
  'an algorithm that signs, such as RS256',
  (v) => typeof v === 'string' && /^(?!none$)[A-Za-z\d-]{2,20}$/i.test(v),
];

/** Longer ones are refused unread. */
const MAX_LENGTH = 8192;
/** How many keys of a set that fit a token without key id are tried. */
const MAX_KEYS = 8;

/**
 * A guard that takes the user id from a verified bearer token (RFC 7519, RFC 6750) into the context: `sub` becomes `userId`.
 * Signature, algorithm, issuer, audience and times are checked; `sub` and `exp` must be there. A token that does not hold is
 * refused with 401, also when none is required; when the keys cannot be had, within `keyTimeoutMs` or at all, with 503: that
 * says nothing about the token. Throws `OptionError` for a wrong option.
 */
export function jwtGuard(options: JwtOptions): Guard {
  checkOptions('jwtGuard', options, rules, ['key', 'algorithms', 'issuer', 'audience']);
  checkItems('jwtGuard.algorithms', options.algorithms, algorithmRule);
  if (options.algorithms.length === 0)
    throw new OptionError('jwtGuard.algorithms', options.algorithms, 'at least one algorithm');
  const { key, keyTimeoutMs = 5000 } = options;
  const checks = {
    algorithms: [...options.algorithms],
    issuer: options.issuer,
    audience: options.audience,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: (options.clockToleranceMs ?? 0) / 1000,
  };
  const find: JWTVerifyGetKey | undefined =
    typeof key === 'function' ? (header, token) => findKey(key, header, token, keyTimeoutMs) : undefined;

  const verify = async (token: string): Promise<JWTPayload> => {
    if (find === undefined)
      return (await jwtVerify(token, key as Exclude<typeof key, JWTVerifyGetKey>, checks)).payload;
    try {
      return (await jwtVerify(token, find, checks)).payload;
    } catch (error) {
      // Keys without ids, as while they are exchanged: it may be any of those that fit.
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      let tried = 0;
      for await (const candidate of error) {
        if (tried++ === MAX_KEYS) break;
        const claims = await jwtVerify(token, candidate, checks).catch(unlessSignature);
        if (claims !== undefined) return claims.payload;
      }
      throw error;
    }
  };

  return (exchange) => {
    const field = exchange.request.header('authorization');
    const refuse = (reason: string, cause?: unknown): Error => {
      exchange.headers['www-authenticate'] = field === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
      return new edgeErrors.NOT_SIGNED_IN({ reason }, { cause });
    };
    if (field === undefined) {
      if (options.required === true) throw refuse('none was sent');
      return undefined;
    }
    if (field.length > MAX_LENGTH) throw refuse('the field is too long');
    const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(field)?.[1];
    if (token === undefined) throw refuse('the field is not a bearer token');
    return verify(token).then(
      (claims) => {
        if (typeof claims.sub !== 'string' || claims.sub === '') throw refuse('its sub is not a name');
        const tenant = options.tenantClaim === undefined ? undefined : claims[options.tenantClaim];
        updateContext({ userId: claims.sub, ...(typeof tenant === 'string' ? { tenantId: tenant } : {}) });
        return undefined;
      },
      (cause: unknown) => {
        if (cause instanceof edgeErrors.KEYS_UNAVAILABLE) throw cause;
        throw refuse('it does not hold', cause);
      },
    );
  };
}

/** The key for a token; `KEYS_UNAVAILABLE` when that cannot be said, rather than that there is none. */
async function findKey(
  find: JWTVerifyGetKey,
  header: Parameters<JWTVerifyGetKey>[0],
  token: Parameters<JWTVerifyGetKey>[1],
  timeoutMs: number,
): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
  let timer: unknown;
  const late = new Promise<never>((_resolve, reject) => {
    timer = systemClock.setTimer(
      () => reject(new DOMException('Finding the key took too long', 'TimeoutError')),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([(async () => find(header, token))(), late]);
  } catch (cause) {
    if (isAboutToken(cause)) throw cause;
    throw new edgeErrors.KEYS_UNAVAILABLE({}, { cause });
  } finally {
    systemClock.clearTimer(timer);
  }
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function unlessSignature(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
}
