/** Names of files and functions without what changes from build to build. */

const ROOT_FOLDERS = new Set(['src', 'dist', 'build', 'out', 'lib', 'app']);
const MAX_SEGMENTS = 3;
const MAX_FUNCTION_CHARACTERS = 300;

/**
 * The file without what differs between deployments of the same code: scheme, host, query, the absolute prefix (what
 * stands before the last `src`, `dist`, `build`, `out`, `lib` or `app` folder, else all but the last three segments),
 * hashes in bundle names and numbered folders. `/srv/releases/812/dist/main.4f3a2b1c.js` becomes `dist/main.js`.
 */
export function stableFile(file: string): string {
  const path = file
    .replace(/^[a-z][a-z0-9+.-]{0,20}:\/\/[^/\\]*/i, '')
    .replace(/[?#].*$/s, '')
    .replaceAll('\\', '/');
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const root = segments.findLastIndex((segment, index) => index < segments.length - 1 && ROOT_FOLDERS.has(segment));
  const kept =
    root >= 0 && segments.length - root <= 2 * MAX_SEGMENTS ? segments.slice(root) : segments.slice(-MAX_SEGMENTS);
  return kept.map((segment) => (/^v?\d[\d._-]*$/.test(segment) ? '<n>' : withoutHash(segment))).join('/');
}

/** `main.4f3a2b1c.js`, `index-DhX92_a1.js` and `chunk-XJ5K2ABC.mjs` without their hash. */
function withoutHash(segment: string): string {
  const match = /^(.*?)[.-]([A-Za-z0-9_]{6,64})((?:\.[a-z0-9]{1,5}){1,2})$/.exec(segment);
  if (match === null) return segment;
  const [, name = '', candidate = '', extension = ''] = match;
  const hexadecimal = /^[0-9a-f]{6,}$/.test(candidate) && /\d/.test(candidate);
  const mixed = candidate.length >= 8 && /\d/.test(candidate) && /[A-Z]/.test(candidate);
  return name !== '' && (hexadecimal || mixed) ? `${name}${extension}` : segment;
}

/**
 * The function without what a compiler, a proxy or the runtime adds and numbers: `async `, `new `, `[as alias]`,
 * V8's receiver of a plain object, Java lambdas and generated proxies, Go's closure numbers.
 */
export function stableFunction(name: string): string {
  return name
    .slice(0, MAX_FUNCTION_CHARACTERS)
    .replace(/^(?:async |new )+/, '')
    .replace(/ \[as [^\]]*\]$/, '')
    .replace(/^(?:Object|Module|exports)\./, '')
    .replace(/lambda\$([^$]*)\$\d+/g, 'lambda$$$1')
    .replace(/\$\$(?:EnhancerBy|FastClassBy|SpringCGLIB|Lambda|KotlinLambda)[^.]*/g, '')
    .replace(/\$Proxy\d+/g, '$$Proxy')
    .replace(/(\.func)\d+(?:\.\d+)*/g, '$1')
    .replace(/0x[0-9a-f]+/gi, '<hex>');
}
