import { isJsonLike } from '../replace.ts';
import { isHostile } from './scan.ts';

/**
 * Control characters, ANSI sequences, U+2028, U+2029 and bidirectional controls as visible escapes, written as JSON
 * writes them so that JSON text stays valid. Tabs stay. Line breaks between the tokens of a JSON text become spaces.
 */
export function escapeControls(text: string, keepLineBreaks: boolean): string {
  const json = !keepLineBreaks && isJsonLike(text);
  let result = '';
  let from = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 32 && code < 127) continue;
    const written = escapeOf(code, keepLineBreaks, json);
    if (written === undefined) continue;
    result += text.slice(from, index) + written;
    from = index + 1;
  }
  return from === 0 ? text : result + text.slice(from);
}

function escapeOf(code: number, keepLineBreaks: boolean, json: boolean): string | undefined {
  if (code === 9) return undefined;
  if (code === 10 || code === 13) {
    if (json) return ' ';
    if (keepLineBreaks) return code === 10 ? undefined : '';
    return code === 10 ? '\\n' : '\\r';
  }
  if (code < 32 || code === 127 || (code > 127 && isHostile(code))) return `\\u${code.toString(16).padStart(4, '0')}`;
  return undefined;
}
