import type { RulePack } from '../pack.ts';

/** Certificate and handshake errors of OpenSSL and `node:tls`. */
export const nodeTls: RulePack = {
  domain: 'node-tls',
  title: 'TLS in Node.js',
  sources: ['https://nodejs.org/api/tls.html#x509-certificate-error-codes', 'https://nodejs.org/api/errors.html'],
  strength: 'system-code',
  rules: [
    {
      when: {
        code: [
          'CERT_HAS_EXPIRED',
          'CERT_NOT_YET_VALID',
          'CERT_REVOKED',
          'CERT_UNTRUSTED',
          'CERT_REJECTED',
          'CERT_CHAIN_TOO_LONG',
          'CERT_SIGNATURE_FAILURE',
          'DEPTH_ZERO_SELF_SIGNED_CERT',
          'SELF_SIGNED_CERT_IN_CHAIN',
          'HOSTNAME_MISMATCH',
          'INVALID_CA',
          'INVALID_PURPOSE',
          'PATH_LENGTH_EXCEEDED',
          'UNABLE_TO_GET_ISSUER_CERT',
          'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
          'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
          'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
          'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
          'ERROR_IN_CERT_NOT_BEFORE_FIELD',
          'ERROR_IN_CERT_NOT_AFTER_FIELD',
          'UNABLE_TO_GET_CRL',
          'CRL_HAS_EXPIRED',
          'CRL_NOT_YET_VALID',
          'CRL_SIGNATURE_FAILURE',
          'ERR_TLS_CERT_ALTNAME_INVALID',
          'ERR_TLS_CERT_ALTNAME_FORMAT',
        ],
      },
      is: 'certificate-invalid',
    },
    { when: { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }, is: 'connect-timeout' },
    { when: { code: ['EPROTO', 'ERR_SSL_*', 'ERR_TLS_*'] }, is: 'tls-failed' },
    {
      when: { code: ['ERR_TLS_INVALID_*', 'ERR_TLS_REQUIRED_SERVER_NAME', 'ERR_TLS_DH_PARAM_SIZE'] },
      is: 'misconfigured',
    },
    { when: { code: 'ERR_OSSL_*' }, is: 'misconfigured', but: { confidence: 'medium' } },
  ],
};
