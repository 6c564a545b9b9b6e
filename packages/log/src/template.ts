import type { Writer } from './writer.ts';

/**
 * `order {orderId} shipped` with the fields put in; a name that is not among them stays as it is. Values are redacted as
 * the fields are, by name and by what they are. `{{` and `}}` are literal braces. Never throws.
 */
export function renderTemplate(template: string, fields: object | undefined, writer: Writer): string {
  const text = writer.redactor === undefined ? template : writer.redactor.string(template);
  if (fields === undefined) return text.replaceAll('{{', '{').replaceAll('}}', '}');
  return text.replace(/\{\{|\}\}|\{([\w.-]{1,64})\}/g, (match: string, name: string | undefined) => {
    if (match === '{{') return '{';
    if (match === '}}') return '}';
    if (name === undefined) return match;
    const value = own(fields, name);
    if (value === undefined) return match;
    const json = writer.safely(name, value);
    return json.charCodeAt(0) === 34 ? (JSON.parse(json) as string) : json;
  });
}

function own(fields: object, name: string): unknown {
  try {
    return Object.hasOwn(fields, name) ? Reflect.get(fields, name) : undefined;
  } catch {
    return '[Unreadable]';
  }
}
