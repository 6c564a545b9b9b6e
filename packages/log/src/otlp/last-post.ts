import { type Answer, type Encoding, toAnswer } from './answer.ts';
import type { TlsOptions } from './poster.ts';

/**
 * Reads address and headers (one line: arguments could be read by anybody on the machine) and the body on its standard
 * input and posts it; tells the answer on its standard output.
 */
const PROGRAM = `const parts = [];
process.stdin.on('data', (part) => parts.push(part)).on('end', () => {
  const all = Buffer.concat(parts), line = all.indexOf(10), body = all.subarray(line + 1);
  const [url, headers, tls] = JSON.parse(all.toString('utf8', 0, line));
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  request(url, { ...tls, method: 'POST', headers: { ...headers, 'content-length': body.length } }, (answer) => { const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => process.stdout.write(JSON.stringify(
      [answer.statusCode, answer.headers['retry-after'] ?? '', Buffer.concat(chunks).toString('base64')])));
  }).on('error', () => process.exit(1)).end(body);
});`;

/** What decides whom a connection trusts, and what Windows needs for one. Nothing else: preloads would run once more. */
const INHERITED = [
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'SystemRoot',
] as const;

function isAboutTls(argument: string): boolean {
  return /^--(?:use-(?:bundled|openssl|system)-ca|tls-[\w.-]+(?:=.*)?|openssl-[\w-]+(?:=.*)?)$/.test(argument);
}

/** A single executable application is its own Node: it would start once more in place of the program. */
export function canPostByChild(): boolean {
  return process.getBuiltinModule('node:sea')?.isSea() !== true;
}

/**
 * Posts `body` from a process that has no event loop any more, by a short-lived child process. `undefined` when no answer
 * came within `timeoutMs`, and where no such process can be had.
 */
export function postByChild(
  url: string,
  headers: Readonly<Record<string, string>>,
  tls: TlsOptions,
  body: Uint8Array,
  encoding: Encoding,
  timeoutMs: number,
): Answer | undefined {
  if (!canPostByChild()) return undefined;
  const { status, stdout } = process
    .getBuiltinModule('node:child_process')
    .spawnSync(process.execPath, [...process.execArgv.filter(isAboutTls), '-e', PROGRAM], {
      input: Buffer.concat([Buffer.from(`${JSON.stringify([url, headers, tls])}\n`), body]),
      timeout: Math.max(1, Math.ceil(timeoutMs)),
      env: Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),
      stdio: ['pipe', 'pipe', 'ignore'],
      killSignal: 'SIGKILL',
    });
  if (status !== 0 || stdout.length === 0) return undefined;
  const [code, retryAfter, text] = JSON.parse(stdout.toString()) as [number, string, string];
  return toAnswer(code, retryAfter, Buffer.from(text, 'base64'), encoding, Date.now());
}
