import type { StackFrame } from '../api/types.ts';

/**
 * A line of a V8 stack trace (https://v8.dev/docs/stack-trace-api): `at fn (file:line:column)`, `at file:line:column`
 * or `at fn (<anonymous>)`. In app: a file outside `node_modules` that is not part of Node.js.
 */
export function v8Frame(line: string): StackFrame | undefined {
  const text = line
    .slice('at '.length)
    .replace(/^async /, '')
    .trimEnd();
  const open = text.endsWith(')') ? text.indexOf(' (') : -1;
  const name = open >= 0 ? text.slice(0, open) : '';
  const location = open >= 0 ? text.slice(open + 2, -1) : text;
  if (/^index \d+$/.test(location)) return frame(name, '<anonymous>', null, null); // at async Promise.all (index 3)
  if (/^eval at /.test(location)) return frame(name, '<eval>', null, null);
  const position = /:(\d{1,9}):(\d{1,9})$/.exec(location);
  if (position === null) {
    if (open < 0 && location !== '<anonymous>' && location !== 'native') return undefined;
    return frame(name, location, null, null);
  }
  const file = location.slice(0, position.index);
  return frame(name, file, Number(position[1]), Number(position[2]));
}

function frame(name: string, file: string, line: number | null, column: number | null): StackFrame {
  return { function: name === '' ? '<anonymous>' : name, file, line, column, inApp: isInApp(file, line) };
}

function isInApp(file: string, line: number | null): boolean {
  if (line === null || /^(?:node:|internal\/|native|<|\[|wasm:|evalmachine)/.test(file)) return false;
  if (/(?:^|[\\/])node_modules[\\/]/.test(file)) return false;
  // Node.js before 16 names its own files without a scheme: `events.js`, `net.js`.
  return /[\\/]/.test(file) || !/^_?[a-z_]+\.js$/.test(file);
}
