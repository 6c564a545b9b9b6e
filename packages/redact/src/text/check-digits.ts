/**
 * Check digits of national identifiers. Each function is given letters and digits only, in the order written, and of
 * the length of the form; each tells whether the identifier could have been issued.
 */

function digit(text: string, index: number): number {
  return text.charCodeAt(index) - 48;
}

function weighted(text: string, weights: readonly number[]): number {
  let sum = 0;
  for (const [index, weight] of weights.entries()) sum += digit(text, index) * weight;
  return sum;
}

function isDate(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/** Luhn over a text of digits. */
export function luhnText(text: string): boolean {
  let sum = 0;
  for (let index = text.length - 1, double = false; index >= 0; index--, double = !double) {
    const value = digit(text, index);
    sum += double ? (value > 4 ? value * 2 - 9 : value * 2) : value;
  }
  return sum % 10 === 0;
}

/** Brazil: Receita Federal, two digits mod 11; all digits equal is never issued. */
export function cpf(text: string): boolean {
  if (text === text[0]!.repeat(11)) return false;
  const first = ((weighted(text, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
  const second = ((weighted(text, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
  return first === digit(text, 9) && second === digit(text, 10);
}

export function ean13(text: string): boolean {
  return (10 - (weighted(text, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === digit(text, 12);
}

/** Belgium: 97 minus the first nine digits mod 97; those born from 2000 on with a 2 in front. */
export function belgian(text: string): boolean {
  const body = Number(text.slice(0, 9));
  const control = Number(text.slice(9));
  if (!isDate(Number(text.slice(2, 4)), Number(text.slice(4, 6)))) return false;
  return 97 - (body % 97) === control || 97 - ((2_000_000_000 + body) % 97) === control;
}

/** France: INSEE, 97 minus the first thirteen digits mod 97; Corsica's letters are not read here. */
export function nir(text: string): boolean {
  const month = Number(text.slice(3, 5));
  if ((text[0] !== '1' && text[0] !== '2') || month < 1 || (month > 12 && month < 20) || month > 99) return false;
  return 97 - Number(BigInt(text.slice(0, 13)) % 97n) === Number(text.slice(13));
}

const SPANISH = 'TRWAGMYFPDXBNJZSQVHLCKE';

export function dni(text: string): boolean {
  return SPANISH[Number(text.slice(0, 8)) % 23] === text[8];
}

export function nie(text: string): boolean {
  const lead = 'XYZ'.indexOf(text[0]!);
  return lead !== -1 && SPANISH[Number(`${lead}${text.slice(1, 8)}`) % 23] === text[8];
}

export function hetu(text: string): boolean {
  if (!isDate(Number(text.slice(2, 4)), Number(text.slice(0, 2)))) return false;
  return '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(text.slice(0, 9)) % 31] === text[9];
}

/** Sweden: Skatteverket; a coordination number has 60 added to the day. */
export function personnummer(text: string): boolean {
  return isDate(Number(text.slice(2, 4)), Number(text.slice(4, 6)) % 60) && luhnText(text);
}

export function personnummerLong(text: string): boolean {
  return (text.startsWith('19') || text.startsWith('20')) && personnummer(text.slice(2));
}

export function rrn(text: string): boolean {
  if (!isDate(Number(text.slice(2, 4)), Number(text.slice(4, 6)))) return false;
  return (11 - (weighted(text, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === digit(text, 12);
}

const DIHEDRAL = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const PERMUTATION = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** India: UIDAI, Verhoeff (1969); never begins with 0 or 1. */
export function aadhaar(text: string): boolean {
  if (text[0] === '0' || text[0] === '1') return false;
  let state = 0;
  for (let index = 0; index < 12; index++) {
    const value = digit(PERMUTATION[index % 8]!, digit(text, 11 - index));
    state = digit(DIHEDRAL[state]!, value);
  }
  return state === 0;
}

/** China: GB 11643, mod 11-2. */
export function chineseId(text: string): boolean {
  const year = Number(text.slice(6, 10));
  if (year < 1900 || year > 2100 || !isDate(Number(text.slice(10, 12)), Number(text.slice(12, 14)))) return false;
  const sum = weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
  return '10X98765432'[sum % 11] === text[17];
}

/** United Kingdom: HMRC, letters never used and prefixes never issued. */
export function nino(text: string): boolean {
  const prefix = text.slice(0, 2);
  if ('DFIQUV'.includes(prefix[0]!) || 'DFIOQUV'.includes(prefix[1]!) || !'ABCD'.includes(text[8]!)) return false;
  return !['BG', 'GB', 'NK', 'KN', 'TN', 'NT', 'ZZ'].includes(prefix);
}

const ITALIAN_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** Italy: Agenzia delle Entrate, decree of 23 December 1976. */
export function codiceFiscale(text: string): boolean {
  if (!'ABCDEHLMPRST'.includes(text[8]!)) return false;
  const day = Number(text.slice(9, 11)) % 40;
  if (day < 1 || day > 31) return false;
  let sum = 0;
  for (let index = 0; index < 15; index++) {
    const code = text.charCodeAt(index);
    const value = code < 58 ? code - 48 : code - 65;
    sum += index % 2 === 0 ? ITALIAN_ODD[value]! : value;
  }
  return text.charCodeAt(15) - 65 === sum % 26;
}

/** India: Income Tax Department; the fourth letter is the kind of holder. */
export function pan(text: string): boolean {
  return 'PCHFATBLJG'.includes(text[3]!) && text.slice(5, 9) !== '0000';
}

/** Mexico: RENAPO. */
export function curp(text: string): boolean {
  if (!isDate(Number(text.slice(6, 8)), Number(text.slice(8, 10))) || !'HMX'.includes(text[10]!)) return false;
  const alphabet = '0123456789ABCDEFGHIJKLMN?OPQRSTUVWXYZ';
  let sum = 0;
  for (let index = 0; index < 17; index++) sum += alphabet.indexOf(text[index]!) * (18 - index);
  return (10 - (sum % 10)) % 10 === digit(text, 17);
}
