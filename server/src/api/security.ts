import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../config.ts';
import { ProblemError } from './problem.ts';

/** On every answer. The page loads only its own files and talks only to its own server. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what a foreign page could make a browser send. Throws a 403 problem where
 * - the Host header names another machine (DNS rebinding): it must be loopback or the configured host. A server that
 *   listens on every address cannot know its names, and depends on the login, whose cookie a foreign name does not get;
 * - a request that changes something comes from another origin (CSRF).
 */
export function checkOrigin(request: IncomingMessage, configuredHost: string): void {
  const { host, origin } = request.headers;
  const name = hostNameOf(host);
  if (name === undefined) throw forbidden('INVALID_HOST', 'The Host header is missing or malformed.');
  const isKnown = isLoopback(name) || name.endsWith('.localhost') || name === configuredHost.toLowerCase();
  if (!isKnown && !isWildcard(configuredHost)) {
    throw forbidden('INVALID_HOST', `This server does not answer for the host ${name}.`);
  }
  if (SAFE_METHODS.has(request.method ?? '')) return;
  const site = request.headers['sec-fetch-site'];
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const isForeignOrigin = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
  if (isForeignSite || isForeignOrigin) {
    throw forbidden('FOREIGN_ORIGIN', 'Only pages of this server may send requests that change something.');
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '';
}

/** The host without port and brackets, in lower case. */
function hostNameOf(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function forbidden(code: string, detail: string): ProblemError {
  return new ProblemError({ status: 403, code, title: 'Not allowed', detail });
}
