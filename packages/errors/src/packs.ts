import type { RulePack } from './pack.ts';
import { abort } from './packs/abort.ts';
import { bugs } from './packs/bugs.ts';
import { axios, browserFetch, got, http2, ky, undici } from './packs/http-clients.ts';
import { boom, fastify, httpErrors, nestjs } from './packs/http-server.ts';
import { httpStatus } from './packs/http-status.ts';
import { nodeFs } from './packs/node-fs.ts';
import { nodeNetwork } from './packs/node-network.ts';
import { nodeProcess } from './packs/node-process.ts';
import { nodeTls } from './packs/node-tls.ts';

/** All built-in rule packs. Where rules are equally strong and specific, the earlier pack wins. */
export const packs: readonly RulePack[] = [
  nodeNetwork,
  nodeTls,
  nodeFs,
  nodeProcess,
  abort,
  undici,
  browserFetch,
  axios,
  got,
  ky,
  http2,
  httpStatus,
  httpErrors,
  fastify,
  nestjs,
  boom,
  bugs,
];
