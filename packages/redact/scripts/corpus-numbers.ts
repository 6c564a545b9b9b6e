import { IBAN_LENGTHS } from '../src/data/iban.ts';
import { ISSUERS } from '../src/data/issuers.ts';
import { LETTERED_IDS, NATIONAL_IDS } from '../src/data/national-ids.ts';
import type { Line } from './line.ts';
import { ALNUM, DIGITS, type Source, UPPER } from './source.ts';

function luhnDigit(head: string): string {
  for (let digit = 0; digit < 10; digit++) {
    let sum = 0;
    const text = head + digit;
    for (let index = text.length - 1, double = false; index >= 0; index--, double = !double) {
      const value = Number(text[index]);
      sum += double ? (value > 4 ? value * 2 - 9 : value * 2) : value;
    }
    if (sum % 10 === 0) return String(digit);
  }
  return '0';
}

function group(text: string, separator: string): string {
  if (text.length === 15) return [text.slice(0, 4), text.slice(4, 10), text.slice(10)].join(separator);
  if (text.length === 14) return [text.slice(0, 4), text.slice(4, 10), text.slice(10)].join(separator);
  return text.replaceAll(/(.{4})(?=.)/g, `$1${separator}`);
}

export function cards(source: Source): Line[] {
  const lines: Line[] = [];
  for (const issuer of ISSUERS) {
    for (let round = 0; round < 12; round++) {
      const length = issuer.lengths.includes(16) ? 16 : source.pick(issuer.lengths);
      const head = String(issuer.from + source.number(issuer.to - issuer.from + 1));
      const body = head + source.from(DIGITS, length - head.length - 1);
      const plain = body + luhnDigit(body);
      const card = source.pick([plain, group(plain, ' '), group(plain, '-')]);
      const text = source.pick([
        `charge of 12.50 EUR on ${card} declined`,
        `{"pan":"${card}","amount":1250}`,
        `card=${card} status=ok`,
        `ERROR duplicate key value violates unique constraint: Key (pan)=(${card}) already exists.`,
        `"${card}","2026-11-25","12.50"`,
        `at Gateway.pay (${card})`,
      ]);
      lines.push({ detector: 'card', text, planted: [card] });
      lines.push({ detector: 'card', text: `{"order":7,"number":${plain},"currency":"EUR"}`, planted: [plain] });
      const cvv = source.from(DIGITS, source.pick([3, 4]));
      lines.push({
        detector: 'cvv',
        text: `${card} ${source.pick(['09/27 ', '12/2028, ', '', '01/29;'])}${cvv} approved`.replace(
          / (\d{4}) approved/,
          ' $1 approved',
        ),
        planted: [card, cvv],
      });
    }
  }
  for (const name of ['cvv', 'CVC', 'cvv2', 'securityCode', 'card_security_code', 'card verification value']) {
    for (let round = 0; round < 20; round++) {
      const cvv = source.from(DIGITS, source.pick([3, 4]));
      const text = source.pick([
        `${name}=${cvv} ok`,
        `{"${name}":"${cvv}"}`,
        `{"${name}":${cvv},"x":1}`,
        `${name}: ${cvv}`,
        `${name} ${cvv} rejected`,
      ]);
      lines.push({ detector: 'cvv', text, planted: [cvv] });
    }
  }
  return lines.filter(({ text, planted, detector }) => detector !== 'cvv' || !isExpiryLike(text, planted.at(-1)!));
}

/** `4111… 1129 approved`: nobody could tell this code from an expiry date. */
function isExpiryLike(text: string, cvv: string): boolean {
  return cvv.length === 4 && /^(0[1-9]|1[0-2])/.test(cvv) && !/cvv|cvc|security|verification/i.test(text);
}

export function ibans(source: Source): Line[] {
  return Object.entries(IBAN_LENGTHS).flatMap(([country, length]) =>
    Array.from({ length: 6 }, () => {
      const bban = source.from(country === 'GB' || country === 'NL' ? ALNUM.slice(0, 36) : DIGITS, length - 4);
      const value = `${bban}${country}00`.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
      const check = String(98n - (BigInt(value) % 97n)).padStart(2, '0');
      const iban = source.pick([`${country}${check}${bban}`, group(`${country}${check}${bban}`, ' ')]);
      const text = source.pick([
        `transfer to ${iban} failed`,
        `{"account":"${iban}"}`,
        `iban=${iban};bic=ABCDEF`,
        `IBAN: ${iban}`,
      ]);
      return { detector: 'iban' as const, text, planted: [iban] };
    }),
  );
}

export function identifiers(source: Source): Line[] {
  const lines: Line[] = [];
  for (const id of [...NATIONAL_IDS, ...LETTERED_IDS]) {
    for (let round = 0; round < 15; round++) {
      const value = issue(source, PLAUSIBLE[id.id] ?? id.form, id.accepts);
      const text = source.pick([
        `customer ${value} not found`,
        `{"customer":"${value}"}`,
        `id=${value}, retry`,
        `lookup(${value}) timed out`,
      ]);
      lines.push({ detector: 'national-id', text, planted: [value] });
    }
  }
  for (const name of [
    'pesel',
    'bsn',
    'steuerId',
    'tax_id',
    'nationalId',
    'aadhaar',
    'sin',
    'tfn',
    'cpf',
    'personalNumber',
  ]) {
    for (let round = 0; round < 10; round++) {
      const value = source.from(DIGITS, source.pick([9, 10, 11]));
      lines.push({
        detector: 'national-id',
        text: source.pick([`${name}=${value}`, `{"${name}":"${value}"}`, `${name}: ${value} rejected`]),
        planted: [value],
      });
    }
  }
  for (let round = 0; round < 150; round++) {
    const area = String(1 + source.number(665)).padStart(3, '0');
    const value = `${area}-${String(1 + source.number(99)).padStart(2, '0')}-${String(1 + source.number(9999)).padStart(4, '0')}`;
    const bare = value.replaceAll('-', '');
    const spaced = value.replaceAll('-', ' ');
    const line = source.pick([
      [`applicant ${value} rejected`, value],
      [`{"ssn":"${bare}"}`, bare],
      [`SSN ${bare}`, bare],
      [`social security number: ${value}`, value],
      [`taxpayer ${spaced}.`, spaced],
    ] as const);
    lines.push({ detector: 'ssn', text: line[0], planted: [line[1]] });
  }
  return lines;
}

/** Narrower forms, so that a valid identifier is met soon: a `9` is any digit, other digits stand for themselves. */
const PLAUSIBLE: Readonly<Record<string, string>> = {
  'cn-rid': '99999919990819999X',
  'it-cf': 'AAAAAA99A19A999A',
  'mx-curp': 'AAAA990819HAAAAAX9',
};

function issue(source: Source, form: string, accepts: (text: string) => boolean): string {
  for (;;) {
    const separated = source.number(2) === 0;
    let value = '';
    for (let at = 0; at < form.length; at++) {
      const symbol = form[at]!;
      if (symbol === '?') {
        at++;
        if (separated) value += form[at];
      } else
        value +=
          symbol === '9'
            ? source.from(DIGITS, 1)
            : symbol === 'A'
              ? source.from(UPPER, 1)
              : symbol === 'X'
                ? source.from(DIGITS + UPPER, 1)
                : symbol;
    }
    if (accepts(value.replaceAll(/[^A-Z0-9]/g, ''))) return value;
  }
}
