import { OptionError } from '@breakwater/errors';
import { updateContext } from '@breakwater/log';
import { type CryptoKey, type JWTPayload, type JWTVerifyGetKey, jwtVerify, type KeyObject } from 'jose';
import { edgeErrors } from './catalogue.ts';
import type { Guard } from './edge.ts';

export interface JwtOptions {
  /** The key, or where keys are found: `createRemoteJWKSet(url)` or `createLocalJWKSet(set)` of `jose`. */
  readonly key: CryptoKey | KeyObject | Uint8Array | JWTVerifyGetKey;
  /** Algorithms accepted. What a token says about itself never widens this. */
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** True: a request without a token is refused with 401. Default false: it goes on without a user. */
  readonly required?: boolean | undefined;
  /** Name of the claim with the tenant. Default: none. */
  readonly tenantClaim?: string | undefined;
}

/**
 * A guard that takes the user id from a verified bearer token (RFC 7519, RFC 6750) into the context: `sub` becomes `userId`.
 * Signature, algorithm, issuer, audience and times are checked; `sub` and `exp` must be there. A token that does not hold is
 * refused with 401, also when none is required. Throws `OptionError` for a wrong option.
 */
export function jwtGuard(options: JwtOptions): Guard {
  const algorithms = [...options.algorithms];
  if (algorithms.length === 0 || algorithms.includes('none'))
    throw new OptionError('options.algorithms', options.algorithms, 'algorithms that sign');
  for (const name of ['issuer', 'audience'] as const)
    if (typeof options[name] !== 'string' || options[name] === '')
      throw new OptionError(`options.${name}`, options[name], 'a text');
  const checks = {
    algorithms,
    issuer: options.issuer,
    audience: options.audience,
    requiredClaims: ['sub', 'exp'],
  };
  const verify = async (token: string): Promise<JWTPayload> => {
    const { key } = options;
    const { payload } =
      typeof key === 'function' ? await jwtVerify(token, key, checks) : await jwtVerify(token, key, checks);
    return payload;
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
    const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(field)?.[1];
    if (token === undefined) throw refuse('the field is not a bearer token');
    return verify(token).then(
      (claims) => {
        const tenant = options.tenantClaim === undefined ? undefined : claims[options.tenantClaim];
        updateContext({ userId: claims.sub, ...(typeof tenant === 'string' ? { tenantId: tenant } : {}) });
        return undefined;
      },
      (cause: unknown) => {
        throw refuse('it does not hold', cause);
      },
    );
  };
}
