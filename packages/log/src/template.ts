import { readOwn } from './fields.ts';
import type { Writer } from './writer.ts';

const NAMES = /\{\{|\}\}|\{([\w.-]{1,64})\}/g;

/** Has the text a `{name}` in it? */
export function isTemplate(text: string): boolean {
  return text.includes('{') && /\{[\w.-]+\}/.test(text);
}

/**
 * `order {orderId} shipped` with the fields put in; a name that is not among them stays as it is. Values are redacted as
 * the fields are, by name and by what they are. `{{` and `}}` are literal braces. Never throws.
 */
export function renderTemplate(template: string, fields: object, writer: Writer): string {
  return writer.redactor.string(template).replace(NAMES, (match: string, name: string | undefined) => {
    if (name === undefined) return match[0]!;
    const json = writer.safely(name, readOwn(fields, name));
    if (json === '') return match;
    return json.startsWith('"') ? (JSON.parse(json) as string) : json;
  });
}
