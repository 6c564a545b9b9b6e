import type { RulePack } from '../pack.ts';

/** System errors of sockets and name resolution, as Node and libuv report them. */
export const nodeNetwork: RulePack = {
  domain: 'node-network',
  title: 'Node.js sockets and DNS',
  sources: ['https://nodejs.org/api/errors.html#common-system-errors', 'https://nodejs.org/api/dns.html#error-codes'],
  strength: 'system-code',
  rules: [
    { when: { code: 'ECONNREFUSED' }, is: 'connection-refused' },
    { when: { code: ['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL'] }, is: 'connection-failed' },
    { when: { code: ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ENOTCONN', 'ESHUTDOWN'] }, is: 'connection-lost' },
    { when: { code: 'ECONNRESET', syscall: 'connect' }, is: 'connection-failed' },
    { when: { code: ['ETIMEDOUT', 'ESOCKETTIMEDOUT'] }, is: 'timeout' },
    { when: { code: 'ETIMEDOUT', syscall: 'connect' }, is: 'connect-timeout' },
    { when: { code: 'ERR_SOCKET_CONNECTION_TIMEOUT' }, is: 'connect-timeout' },
    { when: { code: ['ENETDOWN', 'ENETRESET', 'ENONET'] }, is: 'network-down' },
    { when: { code: ['ENOTFOUND', 'EAI_NONAME', 'EAI_NODATA', 'ENODATA', 'ENONAME'] }, is: 'dns-not-found' },
    {
      when: { code: ['EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT', 'EREFUSED', 'EAI_FAIL', 'EAI_SYSTEM'] },
      is: 'dns-unavailable',
    },
    { when: { code: ['EBADRESP', 'EFORMERR', 'ENOTIMP'] }, is: 'protocol-error' },
    { when: { code: 'ECANCELLED', syscall: 'query*' }, is: 'cancelled' },
    { when: { code: ['EBADNAME', 'EBADFAMILY', 'EBADQUERY', 'EBADSTR'] }, is: 'bug' },
    { when: { code: 'EADDRINUSE' }, is: 'address-in-use' },
    { when: { code: 'ENOBUFS' }, is: 'resource-exhausted' },
    { when: { code: 'EMSGSIZE' }, is: 'payload-too-large', but: { httpStatus: 500 } },
    { when: { code: ['ERR_SOCKET_CLOSED', 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION'] }, is: 'connection-lost' },
    { when: { code: 'ERR_SOCKET_BAD_PORT' }, is: 'misconfigured' },
    { when: { code: ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_IPC_CHANNEL_CLOSED'] }, is: 'connection-lost' },
    { when: { code: ['HPE_*', 'ERR_HTTP_INVALID_*'] }, is: 'protocol-error' },
    { when: { code: 'HPE_HEADER_OVERFLOW' }, is: 'response-too-large' },
    { when: { code: 'ERR_HTTP_REQUEST_TIMEOUT' }, is: 'upload-aborted', but: { httpStatus: 408, cancelled: false } },
  ],
};
