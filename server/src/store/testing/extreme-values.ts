import type { AttributeValue, Resource, Scope } from '../../telemetry/records.ts';
import { newResource } from './records.ts';

export const MAX_INT64: bigint = 2n ** 63n - 1n;
export const MAX_UINT64: bigint = 2n ** 64n - 1n;
export const MAX_UINT32: number = 2 ** 32 - 1;

/** By a key that says what is extreme about the value. */
export const EXTREME_VALUES: [string, AttributeValue][] = [
  ['min int', -(2n ** 63n)],
  ['max int', MAX_INT64],
  ['zero', 0n],
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-0', -0],
  ['smallest', Number.MIN_VALUE],
  ['largest', Number.MAX_VALUE],
  ['integral double', 3],
  ['true', true],
  ['false', false],
  ['', 'the key is empty'],
  ['empty text', ''],
  ['long text', 'long '.repeat(200_000)],
  ['unicode', 'ünï 💥 \u0000 \u2028'],
  ['unpaired surrogate', 'a\ud800b\udc00'],
  ['sql', "'); DROP TABLE logs; --\n\nDROP TABLE logs\n\n"],
  ['bytes', new Uint8Array([0, 10, 10, 255])],
  ['no bytes', new Uint8Array()],
  ['unset', null],
  ['list', ['a', 1n, 2.5, true, null, [new Map([['deep', -1n]])]]],
  [
    'map',
    new Map<string, AttributeValue>([
      ['', 1n],
      ['k', ['x']],
    ]),
  ],
  ['k'.repeat(70_000), 'the key is long'],
];
export const EXTREME_ATTRIBUTES: ReadonlyMap<string, AttributeValue> = new Map(EXTREME_VALUES);
export const EXTREME_RESOURCE: Resource = {
  ...newResource('röck\n\n', EXTREME_ATTRIBUTES),
  droppedAttributesCount: MAX_UINT32,
  schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
};
export const EXTREME_SCOPE: Scope = {
  name: 'lib',
  version: '1.2.3',
  attributes: EXTREME_ATTRIBUTES,
  droppedAttributesCount: 7,
  schemaUrl: 'https://example.org/schema',
};
