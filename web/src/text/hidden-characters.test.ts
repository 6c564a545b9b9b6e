import { expect, test } from 'vitest';
import { hiddenIn, splitHidden, visibleText } from './hidden-characters.ts';

const shown = (text: string) =>
  splitHidden(text).map((part) => (part.kind === 'text' ? part.text : { codes: part.codes }));

test('a text without hidden characters is one part', () => {
  expect(shown('Zahlung fehlgeschlagen:\n\tTimeout')).toEqual(['Zahlung fehlgeschlagen:\n\tTimeout']);
  expect(shown('')).toEqual([]);
});

test('what turns a text around is shown by its number, and kept', () => {
  expect(shown('paid \u202Enwod')).toEqual(['paid ', { codes: 'U+202E' }, 'nwod']);
  expect(visibleText('paid \u202Enwod')).toBe('paid [U+202E]nwod');
  for (const code of [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x061c]) {
    const number = code.toString(16).toUpperCase().padStart(4, '0');
    expect(shown(`a${String.fromCodePoint(code)}b`)).toEqual(['a', { codes: `U+${number}` }, 'b']);
  }
});

test('zero-width characters, C0 and C1 controls, tags and separators are shown', () => {
  for (const character of [
    '\u200B',
    '\u2060',
    '\uFEFF',
    '\u00AD',
    '\u3164',
    '\u2028',
    '\u0085',
    '\u009B',
    '\u001B',
    '\0',
  ]) {
    expect(splitHidden(`a${character}b`), JSON.stringify(character)).toHaveLength(3);
  }
  expect(shown('a\u{E0041}b')).toEqual(['a', { codes: 'U+E0041' }, 'b']);
});

test('a run is one part', () => {
  expect(shown('\u202E\u2066x')).toEqual([{ codes: 'U+202E U+2066' }, 'x']);
  expect(shown('\u200B'.repeat(3))).toEqual([{ codes: 'U+200B ×3' }]);
  expect(shown('\u202A\u202B\u202C\u202D\u202E')).toEqual([{ codes: 'U+202A U+202B U+202C +2' }]);
  const [part] = splitHidden('\u202E');
  expect(part?.kind === 'hidden' && part.names).toBe('right-to-left override');
});

test('what scripts and emoji need stays: joiners between letters, families, hearts, keycaps, CRLF', () => {
  for (const text of [
    'می\u200Cخواهم',
    'क्\u200Dष',
    '👨\u200D👩\u200D👧',
    '❤\uFE0F',
    '1\uFE0F⃣',
    '葛\u{E0100}',
    'line\r\nline',
  ]) {
    expect(shown(text)).toEqual([text]);
  }
  expect(shown('عربي עברית')).toEqual(['عربي עברית']);
});

test('the same characters elsewhere are shown', () => {
  expect(visibleText('pass\u200Dword')).toBe('pass[U+200D]word');
  expect(visibleText('a\rb')).toBe('a[U+000D]b');
  expect(visibleText('❤\uFE0F\uFE0F')).toBe('❤\uFE0F[U+FE0F]');
});

test('the parts joined are the text, whatever stands beside what', () => {
  const characters = 'a ع ע 👩 \u200D \u200B \u202E \r \n \uD83D \uDC69 \uFE0F \u{E0100}'.split(' ');
  for (const first of characters) {
    for (const second of characters) {
      for (const third of characters) {
        const text = first + second + third;
        const parts = splitHidden(text).map((part) => part.text);
        expect(parts.join('')).toBe(text);
      }
    }
  }
});

test('a text of very many of them stays small: the rest is told in plain text', () => {
  const parts = splitHidden('a\u200B'.repeat(20_000));
  expect(parts).toHaveLength(1_001);
  expect(parts.at(-1)?.text.slice(0, 9)).toBe('a[U+200B]');
});

test('a field that holds hidden characters says which, each once', () => {
  expect(hiddenIn('paid \u202Enwod\u202E')).toBe('U+202E (right-to-left override)');
  expect(hiddenIn('\u200B\u200C\u2060\u202E')).toBe(
    'U+200B (zero width space), U+200C (zero width non-joiner), U+2060 (word joiner) +1',
  );
  expect(hiddenIn('Zahlung\r\n👨‍👩‍👧')).toBeUndefined();
});
