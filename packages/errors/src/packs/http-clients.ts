import type { RulePack } from '../pack.ts';

/** undici, and with it `fetch` in Node. */
export const undici: RulePack = {
  domain: 'undici',
  title: 'undici and fetch in Node.js',
  sources: ['https://undici.nodejs.org/#/docs/api/Errors.md'],
  rules: [
    { when: { code: 'UND_ERR_CONNECT_TIMEOUT' }, is: 'connect-timeout' },
    { when: { code: ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'] }, is: 'timeout' },
    { when: { code: 'UND_ERR_SOCKET' }, is: 'connection-lost' },
    {
      when: { code: ['UND_ERR_CLOSED', 'UND_ERR_DESTROYED'] },
      is: 'shutting-down',
      but: { outcome: 'not-applied', countsForBreaker: false },
    },
    { when: { code: ['UND_ERR_ABORTED', 'UND_ERR_ABORT'] }, is: 'cancelled' },
    {
      when: { code: ['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_WS_MESSAGE_SIZE_EXCEEDED'] },
      is: 'response-too-large',
    },
    { when: { code: 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' }, is: 'response-incomplete' },
    {
      when: {
        code: [
          'UND_ERR_INVALID_ARG',
          'UND_ERR_INVALID_RETURN_VALUE',
          'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
          'UND_ERR_NOT_SUPPORTED',
        ],
      },
      is: 'bug',
    },
    { when: { code: 'UND_ERR_BPL_MISSING_UPSTREAM' }, is: 'misconfigured' },
    { when: { code: ['UND_ERR_PRX_CONN', 'UND_ERR_SOCKS', 'UND_ERR_SOCKS5*'] }, is: 'connection-failed' },
    { when: { code: 'UND_ERR_MAX_ORIGINS_REACHED' }, is: 'resource-exhausted' },
    { when: { code: 'UND_ERR_REDIRECT_MAX' }, is: 'too-many-redirects' },
    { when: { code: ['UND_ERR_PRX_TLS', 'UND_ERR_SECURE_PROXY_CONNECTION'] }, is: 'tls-failed' },
    { when: { code: 'UND_ERR_INFO' }, is: 'connection-lost' },
  ],
};

/** `fetch` in browsers, which tells a failure only by its exact text. */
export const browserFetch: RulePack = {
  domain: 'fetch',
  title: 'fetch in browsers and workers',
  sources: ['https://fetch.spec.whatwg.org/'],
  rules: [
    {
      when: {
        name: 'TypeError',
        message: [
          'Failed to fetch', // Chromium
          'NetworkError when attempting to fetch resource.', // Firefox
          'Load failed', // WebKit
          'The Internet connection appears to be offline.', // WebKit
          'The network connection was lost.', // WebKit
          'Network request failed', // React Native
          'network error', // Chromium, body stream
          'fetch failed', // undici, without its cause
          'terminated', // undici, body stream without its cause
        ],
      },
      is: 'connection-lost',
    },
    { when: { name: 'NetworkError', code: 19 }, is: 'connection-lost', code: 'NETWORK_ERR' },
  ],
};

/** axios. An answer with a status is judged by the status, so the two codes for that say nothing here. */
export const axios: RulePack = {
  domain: 'axios',
  title: 'axios',
  sources: ['https://github.com/axios/axios#error-types'],
  markers: [{ isAxiosError: true }, { name: ['AxiosError', 'CanceledError'] }],
  rules: [
    { when: { code: 'ERR_CANCELED' }, is: 'cancelled' },
    { when: { code: 'ECONNABORTED' }, is: 'timeout' },
    { when: { code: 'ETIMEDOUT' }, is: 'timeout' },
    { when: { code: 'ERR_NETWORK' }, is: 'connection-lost' },
    { when: { code: 'ERR_FR_TOO_MANY_REDIRECTS' }, is: 'too-many-redirects' },
    {
      when: {
        code: [
          'ERR_BAD_OPTION',
          'ERR_BAD_OPTION_VALUE',
          'ERR_INVALID_URL',
          'ERR_NOT_SUPPORT',
          'ERR_FORM_DATA_DEPTH_EXCEEDED',
        ],
      },
      is: 'bug',
    },
    { when: { code: 'ERR_BAD_RESPONSE', name: 'AxiosError', 'request.res.statusCode': 200 }, is: 'response-invalid' },
  ],
};

/** got. Its timeouts name the phase in `event`. */
export const got: RulePack = {
  domain: 'got',
  title: 'got',
  sources: ['https://github.com/sindresorhus/got/blob/main/documentation/8-errors.md'],
  rules: [
    { when: { code: 'ETIMEDOUT', event: ['lookup', 'connect', 'secureConnect', 'socket'] }, is: 'connect-timeout' },
    { when: { code: 'ETIMEDOUT', event: ['send', 'response', 'read', 'request'] }, is: 'timeout' },
    { when: { code: 'ERR_TOO_MANY_REDIRECTS' }, is: 'too-many-redirects' },
    { when: { code: 'ERR_BODY_PARSE_FAILURE' }, is: 'response-invalid' },
    { when: { code: 'ERR_READING_RESPONSE_STREAM' }, is: 'response-incomplete' },
    { when: { code: 'ERR_UNSUPPORTED_PROTOCOL' }, is: 'bug' },
    { when: { code: 'ERR_CANCELED', name: 'CancelError' }, is: 'cancelled' },
    { when: { code: 'ERR_ABORTED', name: 'AbortError' }, is: 'cancelled' },
    { when: { code: 'ERR_UPLOAD' }, is: 'connection-lost' },
    { when: { code: 'ERR_CACHE_ACCESS' }, is: 'failed-in-app' },
  ],
};

/** ky. Its HTTPError is judged by the status of its response; what its NetworkError wraps is better evidence. */
export const ky: RulePack = {
  domain: 'ky',
  title: 'ky',
  sources: ['https://github.com/sindresorhus/ky#httperror'],
  strength: 'class-name',
  rules: [
    { when: { name: 'TimeoutError', 'request.method': '*' }, is: 'timeout', code: 'TIMEOUT_ERR' },
    { when: { name: 'NetworkError', 'request.method': '*' }, is: 'connection-lost', code: 'NETWORK_ERR' },
    { when: { name: 'SchemaValidationError' }, is: 'response-invalid' },
  ],
};

/** Node's HTTP/2 client. */
export const http2: RulePack = {
  domain: 'http2',
  title: 'node:http2',
  sources: [
    'https://nodejs.org/api/errors.html#err_http2_altsvc_invalid_origin',
    'https://www.rfc-editor.org/rfc/rfc9113#section-7',
  ],
  strength: 'system-code',
  rules: [
    {
      when: { code: ['ERR_HTTP2_SESSION_ERROR', 'ERR_HTTP2_STREAM_ERROR', 'ERR_HTTP2_STREAM_CANCEL'] },
      is: 'connection-lost',
    },
    {
      when: { code: ['ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION'] },
      is: 'shutting-down',
      but: { outcome: 'not-applied' },
    },
    { when: { code: ['ERR_HTTP2_OUT_OF_STREAMS', 'ERR_HTTP2_MAX_PENDING_SETTINGS_ACK'] }, is: 'resource-exhausted' },
    { when: { code: 'ERR_HTTP2_PING_CANCEL' }, is: 'connection-lost' },
    { when: { code: 'ERR_HTTP2_ERROR' }, is: 'protocol-error' },
    { when: { code: 'ERR_HTTP2_*' }, is: 'bug', but: { confidence: 'medium' } },
  ],
};
