/** Line ends, control characters of both ranges, and those that turn the direction of writing. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * One line for a terminal, what cannot be seen as `\uXXXX`: neither an entry nor a server may write a line of a report.
 * JSON without line ends stays the same JSON.
 */
export function printable(line: string): string {
  return line.replaceAll(HIDDEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** JSON on several lines, for a terminal. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(printable).join('\n');
}
