import type { StackFrame } from '../api/types.ts';

const LIBRARY =
  /[\\/](?:site-packages|dist-packages)[\\/]|[\\/]lib(?:64)?[\\/]python\d(?:\.\d+)?[\\/]|[\\/]Lib[\\/](?:asyncio|concurrent|threading)|^</;

/** `File "path", line 3, in name`. In app: outside `site-packages`, `dist-packages` and the standard library. */
export function pythonFrame(line: string): StackFrame | undefined {
  const match = /^[ |]+File "([^"]{1,1000})", line (\d{1,9})(?:, in (.{1,300}))?$/.exec(line);
  if (match === null) return undefined;
  const [, file = '', number = '', name = '<module>'] = match;
  return { function: name, file, line: Number(number), column: null, inApp: !LIBRARY.test(file) };
}
