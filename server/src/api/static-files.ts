import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ProblemError } from './problem.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
const ENCODINGS: readonly (readonly [encoding: string, extension: string])[] = [
  ['br', '.br'],
  ['gzip', '.gz'],
];
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * Serves the built page. A path without a file extension that names no file gets `index.html`: the page routes it.
 * Files below `assets/` have a hash of their content in the name and are cached for ever; everything else is asked for
 * anew. Where `app.js.br` or `app.js.gz` stands beside `app.js` it is sent to those who take it.
 */
export interface StaticFiles {
  /** `path` is the URL's, percent-encoded. Rejects with a 404 problem. */
  serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
}

/** `directory` null, or without `index.html`: every path answers how to build the page. */
export function createStaticFiles(directory: string | null): StaticFiles {
  async function serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const relative = relativePath(path);
    if (directory === null || relative === undefined) throw noSuchFile();
    const file = await find(directory, relative);
    if (file) return send(request, response, file, relative.startsWith('assets/') ? FOREVER : 'no-cache');
    if (extname(relative) !== '') throw noSuchFile();
    const index = await find(directory, 'index.html');
    if (index) return send(request, response, index, 'no-cache');
    sendMissingBuild(response);
  }

  return { serve };
}

interface FoundFile {
  readonly path: string;
  readonly stats: Stats;
}

/** Undefined where the path is malformed or leaves the directory. */
function relativePath(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
  const relative = normalize(decoded).replace(/^\/+/, '');
  const hasHiddenPart = relative.split('/').some((part) => part.startsWith('.'));
  return hasHiddenPart && relative !== '.' ? undefined : relative;
}

async function find(directory: string, relative: string): Promise<FoundFile | undefined> {
  const path = join(directory, relative);
  try {
    const stats = await stat(path);
    return stats.isFile() ? { path, stats } : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: FoundFile,
  cacheControl: string,
): Promise<void> {
  const etag = `"${file.stats.size.toString(16)}-${Math.trunc(file.stats.mtimeMs).toString(16)}"`;
  response.setHeader('cache-control', cacheControl);
  response.setHeader('etag', etag);
  response.setHeader('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const packed = await packedFile(file, String(request.headers['accept-encoding'] ?? ''));
  if (packed) response.setHeader('content-encoding', packed.encoding);
  const { path, stats } = packed?.file ?? file;
  response.setHeader('content-type', TYPES[extname(file.path)] ?? 'application/octet-stream');
  response.setHeader('content-length', stats.size);
  response.writeHead(200);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await pipeline(createReadStream(path), response);
}

async function packedFile(
  file: FoundFile,
  accepted: string,
): Promise<{ encoding: string; file: FoundFile } | undefined> {
  for (const [encoding, extension] of ENCODINGS) {
    if (!new RegExp(`(?:^|[ ,])${encoding}(?!\\s*;\\s*q=0(?:\\.0*)?(?:[ ,]|$))`).test(accepted)) continue;
    const packed = await find(`${file.path}${extension}`, '');
    if (packed && packed.stats.mtimeMs >= file.stats.mtimeMs) return { encoding, file: packed };
  }
  return undefined;
}

function noSuchFile(): ProblemError {
  return new ProblemError({ status: 404, code: 'NOT_FOUND', title: 'Not found', detail: 'There is no such file.' });
}

function sendMissingBuild(response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store');
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.writeHead(503).end(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Breakwater: the page is not built</title></head>
<body>
<h1>The page is not built</h1>
<p>The server runs, and its API answers under <a href="/api/v1/status">/api/v1</a>, but the files of the page are missing.</p>
<p>Build them with <code>npm run build -w @breakwater/web</code>, or start with <code>npm start</code>, which does it for you. Then load this page again.</p>
</body>
</html>
`);
}
