import { type RulePack, words } from '../pack.ts';

/** Schema validation: the input does not have the required form. */
export const validation: RulePack = {
  domain: 'validation',
  title: 'zod, ajv, joi, valibot, yup and class-validator',
  sources: [
    'https://zod.dev/error-customization',
    'https://ajv.js.org/api.html#validation-errors',
    'https://joi.dev/api/',
    'https://valibot.dev/guides/issues/',
  ],
  rules: [
    { when: { name: words('ZodError $ZodError ZodRealError'), issues: '*' }, is: 'invalid-input', code: 'ZOD_INVALID' },
    { when: { name: 'ValiError', issues: '*' }, is: 'invalid-input', code: 'VALIBOT_INVALID' },
    {
      when: { name: words('ValidationError Error'), ajv: true, validation: true },
      is: 'invalid-input',
      code: 'AJV_INVALID',
    },
    { when: { name: 'ValidationError', isJoi: true }, is: 'invalid-input', code: 'JOI_INVALID' },
    { when: { name: 'ValidationError', details: '*', _original: '*' }, is: 'invalid-input', code: 'JOI_INVALID' },
    { when: { name: 'ValidationError', inner: '*', path: '*' }, is: 'invalid-input', code: 'YUP_INVALID' },
    {
      when: { name: words('ArkErrors TraversalError ParseError'), summary: '*' },
      is: 'invalid-input',
      code: 'ARKTYPE_INVALID',
    },
    { when: { name: words('$ZodAsyncError ZodEncodeError') }, is: 'bug' },
    { when: { name: 'MissingRefError', missingRef: '*' }, is: 'bug' },
  ],
};

/** JSON Web Tokens, from jsonwebtoken and jose. */
export const jwt: RulePack = {
  domain: 'jwt',
  title: 'jsonwebtoken and jose',
  sources: [
    'https://github.com/auth0/node-jsonwebtoken#errors--codes',
    'https://github.com/panva/jose/blob/main/src/util/errors.ts',
  ],
  rules: [
    { when: { name: 'TokenExpiredError' }, is: 'token-expired' },
    { when: { name: 'NotBeforeError' }, is: 'token-not-yet-valid' },
    { when: { name: 'JsonWebTokenError' }, is: 'token-invalid' },
    { when: { code: 'ERR_JWT_EXPIRED' }, is: 'token-expired' },
    { when: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' }, is: 'token-invalid' },
    { when: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'nbf' }, is: 'token-not-yet-valid' },
    {
      when: {
        code: words(
          'ERR_JWS_SIGNATURE_VERIFICATION_FAILED ERR_JWS_INVALID ERR_JWT_INVALID ERR_JWE_INVALID ERR_JWE_DECRYPTION_FAILED ERR_JOSE_ALG_NOT_ALLOWED ERR_JWKS_NO_MATCHING_KEY',
        ),
      },
      is: 'token-invalid',
    },
    { when: { code: 'ERR_JWKS_TIMEOUT' }, is: 'timeout' },
    {
      when: { code: words('ERR_JWK_INVALID ERR_JWKS_INVALID ERR_JWKS_MULTIPLE_MATCHING_KEYS ERR_JOSE_NOT_SUPPORTED') },
      is: 'misconfigured',
    },
  ],
};
