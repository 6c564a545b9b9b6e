import { parseNumber } from './number.ts';

/** The names of the severity numbers, lowest first; each stands for a range of them (OpenTelemetry logs data model). */
export const LEVELS: readonly (readonly [name: string, low: number, high: number])[] = [
  ['unspecified', 0, 0],
  ['trace', 1, 4],
  ['debug', 5, 8],
  ['info', 9, 12],
  ['warn', 13, 16],
  ['error', 17, 20],
  ['fatal', 21, 255],
];

const ALIASES: Readonly<Record<string, string>> = {
  warning: 'warn',
  err: 'error',
  information: 'info',
  critical: 'fatal',
  crit: 'fatal',
  emergency: 'fatal',
};

/** The severity numbers a level's name (any letter case) or a number from 0 to 255 stands for; undefined for other text. */
export function levelRange(text: string): { low: number; high: number } | undefined {
  const lower = text.toLowerCase();
  const name = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower;
  const level = LEVELS.find(([levelName]) => levelName === name);
  if (level) return { low: level[1], high: level[2] };
  const number = parseNumber(text);
  if (!number || number.floor !== number.ceil || number.floor < 0n || number.floor > 255n) return undefined;
  return { low: Number(number.floor), high: Number(number.floor) };
}
