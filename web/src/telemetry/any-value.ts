/** OTLP/JSON attribute values as text. */
import type { AnyValue, KeyValue } from '@breakwater/server/api-types';

export type ValueType = 'string' | 'bool' | 'int' | 'double' | 'bytes' | 'array' | 'map' | 'unset';

export function valueType(value: AnyValue): ValueType {
  if ('stringValue' in value) return 'string';
  if ('boolValue' in value) return 'bool';
  if ('intValue' in value) return 'int';
  if ('doubleValue' in value) return 'double';
  if ('bytesValue' in value) return 'bytes';
  if ('arrayValue' in value) return 'array';
  return 'kvlistValue' in value ? 'map' : 'unset';
}

/** One line: strings as they are, arrays and maps as plain JSON without type wrappers. */
export function valueText(value: AnyValue): string {
  if ('stringValue' in value) return value.stringValue;
  if ('bytesValue' in value) return value.bytesValue;
  return Object.keys(value).length === 0 ? '' : toJson(value, undefined, '');
}

/** As {@link valueText}, arrays and maps over several lines. */
export function valuePretty(value: AnyValue): string {
  return 'arrayValue' in value || 'kvlistValue' in value ? toJson(value, 2, '') : valueText(value);
}

// Written out by hand: JSON.stringify would round 64-bit integers and merge duplicate keys.
function toJson(value: AnyValue, indent: number | undefined, margin: string): string {
  if ('stringValue' in value) return JSON.stringify(value.stringValue);
  if ('boolValue' in value) return String(value.boolValue);
  if ('intValue' in value) return value.intValue;
  if ('doubleValue' in value) return String(value.doubleValue);
  if ('bytesValue' in value) return JSON.stringify(value.bytesValue);
  const inner = indent ? margin + ' '.repeat(indent) : '';
  const wrap = (open: string, items: string[], close: string) => {
    if (items.length === 0) return open + close;
    return indent
      ? `${open}\n${items.map((item) => inner + item).join(',\n')}\n${margin}${close}`
      : open + items.join(',') + close;
  };
  if ('arrayValue' in value)
    return wrap(
      '[',
      value.arrayValue.values.map((item) => toJson(item, indent, inner)),
      ']',
    );
  if ('kvlistValue' in value) {
    const items = value.kvlistValue.values.map(
      (pair) => `${JSON.stringify(pair.key)}:${indent ? ' ' : ''}${toJson(pair.value, indent, inner)}`,
    );
    return wrap('{', items, '}');
  }
  return 'null';
}

/** The text of an attribute; undefined where there is none of that key. */
export function attributeText(attributes: readonly KeyValue[], key: string): string | undefined {
  const pair = attributes.findLast((candidate) => candidate.key === key);
  return pair && valueText(pair.value);
}
