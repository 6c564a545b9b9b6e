/** All but tab and newline: what steers a terminal, turns a text around, or shows nothing. */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The text as a terminal may print it: lines of the log repeat what senders wrote. `\u{1b}` stands for an escape. Further
 * lines are indented, so that none passes for a line of the log's own.
 */
export function printable(text: string): string {
  return text.replaceAll('\n', '\n  ').replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
