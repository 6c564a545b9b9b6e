import type { StackFrame } from '../api/types.ts';

const STANDARD_ROOTS = new Set([
  'archive',
  'bufio',
  'bytes',
  'cmp',
  'compress',
  'container',
  'context',
  'crypto',
  'database',
  'debug',
  'embed',
  'encoding',
  'errors',
  'expvar',
  'flag',
  'fmt',
  'go',
  'hash',
  'html',
  'image',
  'index',
  'internal',
  'io',
  'iter',
  'log',
  'maps',
  'math',
  'mime',
  'net',
  'os',
  'path',
  'plugin',
  'reflect',
  'regexp',
  'runtime',
  'slices',
  'sort',
  'strconv',
  'strings',
  'structs',
  'sync',
  'syscall',
  'testing',
  'text',
  'time',
  'unicode',
  'unique',
  'unsafe',
  'weak',
]);

/** A line as `net/http.(*conn).serve(0xc0000b4000, {0x7f…})` or `created by main.main in goroutine 1`. */
export function isGoFunctionLine(line: string): boolean {
  return /^(?:created by )?[\w./~%@-]{1,300}(?:[.(]|$)/.test(line) && /[.(]/.test(line) && !/^\s/.test(line);
}

/**
 * A function line and the indented `file.go:42 +0x1d` line after it. In app: neither the standard library nor the
 * module cache (`/pkg/mod/`) nor `vendor`.
 */
export function goFrame(functionLine: string, fileLine: string): StackFrame | undefined {
  const place = /^\s+(\S.{0,1000}?):(\d{1,9})(?: \+0x[0-9a-f]+)?$/.exec(fileLine);
  if (place === null) return undefined;
  const [, file = '', line = ''] = place;
  const name = functionLine
    .replace(/^created by /, '')
    .replace(/ in goroutine \d+$/, '')
    .replace(/\((?!\*)[^()]{0,1500}\)$/, '');
  return { function: name, file, line: Number(line), column: null, inApp: isInApp(name, file) };
}

function isInApp(name: string, file: string): boolean {
  if (/[\\/]pkg[\\/]mod[\\/]|[\\/]vendor[\\/]/.test(file)) return false;
  const root = /^[^./(]+/.exec(name)?.[0] ?? '';
  const hasDomain = /^[^/(]*\.[^/(]*\//.test(name);
  return name !== 'panic' && (hasDomain || !STANDARD_ROOTS.has(root));
}
