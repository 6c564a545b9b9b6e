/**
 * The corpus of the accuracy table: lines with planted values, and lines that only look like it. Generated from a seed,
 * so that the table is the same on every machine, plus lines written by hand in `corpus-lines.ts`.
 */
import { IBAN_LENGTHS } from '../src/data/iban.ts';
import { ISSUERS } from '../src/data/issuers.ts';
import { KEY_TERMS } from '../src/data/keys.ts';
import { LETTERED_IDS, NATIONAL_IDS } from '../src/data/national-ids.ts';
import { TOKEN_FORMATS, type TokenFormat } from '../src/data/tokens.ts';
import type { DetectorName } from '../src/types.ts';
import { cleanLines } from './corpus-clean.ts';
import { HAND_CLEAN, HAND_PLANTED } from './corpus-lines.ts';
import { ALNUM, createSource, DIGITS, HEX, LOWER, type Source, UPPER } from './source.ts';

/** A line, what in it must vanish, and which detector is expected to see to that. */
export interface Line {
  readonly detector: DetectorName | 'none';
  readonly text: string;
  /** Texts planted in the line, as they stand in it. */
  readonly planted: readonly string[];
}

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

function cards(source: Source): Line[] {
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

function ibans(source: Source): Line[] {
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

function identifiers(source: Source): Line[] {
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

function contacts(source: Source): Line[] {
  const lines: Line[] = [];
  for (let round = 0; round < 300; round++) {
    const local = source.pick([
      source.from(LOWER, 6),
      `${source.from(LOWER, 4)}.${source.from(LOWER, 7)}`,
      `${source.from(LOWER, 5)}+tag`,
      `${source.from(LOWER, 3)}_${source.from(DIGITS, 2)}`,
    ]);
    const email = `${local}@${source.from(LOWER, 7)}${source.pick(['.com', '.co.uk', '-gmbh.de', '.io', '.museum', '.org'])}`;
    lines.push({
      detector: 'email',
      text: source.pick([
        `user ${email} logged in`,
        `{"user":"${email}"}`,
        `To: <${email}>`,
        `mailto:${email}?subject=x`,
        `Key (email)=(${email}) already exists.`,
        `email=${email}&x=1`,
        `550 5.1.1 ${email}: Recipient address rejected`,
      ]),
      planted: [email],
    });
    const phone = source.pick([
      `+49 170 ${source.from(DIGITS, 7)}`,
      `+1 (415) 55${source.from('6789', 1)}-${source.from(DIGITS, 4)}`,
      `+44 20 7946 ${source.from(DIGITS, 4)}`,
      `+33${source.from('123456789', 1)}${source.from(DIGITS, 8)}`,
      `+1-212-${source.from('23456789', 3)}-${source.from(DIGITS, 4)}`,
      `+91 98765 ${source.from(DIGITS, 5)}`,
    ]);
    lines.push({
      detector: 'phone',
      text: source.pick([`sms to ${phone} failed`, `{"to":"${phone}"}`, `caller=${phone} agent=3`]),
      planted: [phone],
    });
    const national = source.pick([
      `030 ${source.from(DIGITS, 7)}`,
      `(415) 55${source.from('6789', 1)}-${source.from(DIGITS, 4)}`,
      `0${source.from(DIGITS, 9)}`,
    ]);
    lines.push({
      detector: 'phone',
      text: source.pick([
        `phone: ${national}`,
        `{"mobile":"${national}"}`,
        `tel=${national}`,
        `phoneNumber=${national}`,
      ]),
      planted: [national],
    });
    const v4 = `${1 + source.number(126)}.${source.number(256)}.${source.number(256)}.${source.number(256)}`;
    const v6 = `2a01:${source.from(HEX, 4)}:${source.from(HEX, 3)}::${source.from('123456789abcdef', 1)}${source.from(HEX, 2)}`;
    const address = source.pick([
      v4,
      v6,
      `fe80:${'0:'.repeat(3)}${source.from(HEX.slice(1), 1)}:${source.from(HEX.slice(1), 2)}:3:4`,
    ]);
    lines.push({
      detector: 'ip',
      text: source.pick([
        `client ${address} connected`,
        `{"remote":"${address}"}`,
        `x-forwarded-for: ${address}, proxy`,
      ]),
      planted: [address],
    });
  }
  return lines;
}

function b64(value: string): string {
  return Buffer.from(value).toString('base64url');
}

function credentials(source: Source): Line[] {
  const lines: Line[] = [];
  const word = (length: number): string => `${source.from(ALNUM, length - 1)}${source.from(DIGITS, 1)}`;
  for (let round = 0; round < 120; round++) {
    const jwt = `${b64('{"alg":"RS256","typ":"JWT"}')}.${b64(`{"sub":"${source.from(DIGITS, 8)}"}`)}.${source.from(ALNUM, 43)}`;
    lines.push({
      detector: 'jwt',
      text: source.pick([
        `invalid signature: ${jwt}`,
        `{"assertion":"${jwt}"}`,
        `verify(${jwt})`,
        `id_hint=${jwt}&x=1`,
      ]),
      planted: [jwt],
    });
    const credential = word(24);
    const scheme = source.pick([
      'Bearer',
      'Basic',
      'Token',
      'ApiKey',
      'Digest',
      'AWS4-HMAC-SHA256',
      'Negotiate',
      'SharedKey',
      'Custom',
    ]);
    lines.push({
      detector: 'authorization',
      text: source.pick([
        `Authorization: ${scheme} ${credential}`,
        `{"headers":{"authorization":"${scheme} ${credential}"}}`,
        `authorization=${credential}`,
        `'Proxy-Authorization': '${scheme} ${credential}'`,
        `-H "Authorization: ${scheme} ${credential}" https://api.corp.com`,
        `sent Bearer ${credential} and got 401`,
        `> Authorization: ${scheme} ${credential}\\r\\n> Host: x`,
      ]),
      planted: [credential],
    });
    const session = word(26);
    lines.push({
      detector: 'cookie',
      text: source.pick([
        `Cookie: sid=${session}; theme=dark`,
        `Set-Cookie: connect.sid=${session}; Path=/; HttpOnly`,
        `{"cookie":"sid=${session}"}`,
        `set-cookie: [ 'sid=${session}; Secure' ]`,
      ]),
      planted: [session],
    });
    const password = `${source.from(ALNUM, 9)}${source.pick(['!', '$', '', '-', '.'])}${source.from(DIGITS, 2)}`;
    lines.push({
      detector: 'url-credentials',
      text: source.pick([
        `connect postgres://app:${password}@db:5432/orders failed`,
        `mongodb+srv://root:${password}@cluster0.abc.net/?retryWrites=true`,
        `amqp://guest:${password}@rabbit:5672`,
        `{"url":"redis://:${password}@cache:6379/0"}`,
        `clone https://${word(24)}:${password}@git.corp.com/x.git`,
      ]),
      planted: [password],
    });
    const name = source.pick([
      'access_token',
      'api_key',
      'X-Amz-Signature',
      'client_secret',
      'refresh_token',
      'password',
      'sig',
      'code_verifier',
    ]);
    const secret = `${word(30)}aB3`;
    lines.push({
      detector: 'query-secret',
      text: source.pick([
        `GET /cb?state=1&${name}=${secret} HTTP/1.1`,
        `https://api.corp.com/v1?${name}=${secret}&page=2`,
        `{"url":"/x?${name}=${secret}"}`,
      ]),
      planted: [secret],
    });
    lines.push({
      detector: 'connection-string',
      text: source.pick([
        `Server=db;User Id=sa;Password=${password};Encrypt=true`,
        `AccountName=x;AccountKey=${secret}==;EndpointSuffix=core.windows.net`,
        `Endpoint=sb://x.net/;SharedAccessKeyName=Root;SharedAccessKey=${secret}=`,
        `Driver={ODBC};Uid=sa;Pwd=${password};`,
      ]),
      planted: [/Key=/.test('') ? secret : password],
    });
  }
  return lines.map((line) =>
    line.detector === 'connection-string'
      ? { ...line, planted: [/(?:Password|Pwd|SharedAccessKey|AccountKey)=([^;]+)/.exec(line.text)![1]!] }
      : line,
  );
}

function keys(source: Source): Line[] {
  const kinds = [
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ];
  return kinds.flatMap((kind) =>
    Array.from({ length: 8 }, () => {
      const body = Array.from({ length: 4 }, () => source.from(`${ALNUM}+/`, 64));
      const lines = [`-----BEGIN ${kind}-----`, ...body, `-----END ${kind}-----`];
      const text = source.pick([
        lines.join('\n'),
        `key=${lines.join('\\n')} loaded`,
        `{"pem":"${lines.join('\\n')}"}`,
        `cut: ${lines.slice(0, 3).join('\\n')}`,
      ]);
      return { detector: 'private-key' as const, text, planted: body.slice(0, text.startsWith('cut') ? 2 : 4) };
    }),
  );
}

const CHARSETS: Readonly<Record<TokenFormat['charset'], string>> = {
  alnum: ALNUM,
  word: `${ALNUM}_`,
  base64url: `${ALNUM}_-`,
  base64: `${ALNUM}+/`,
  hex: HEX,
  upper: DIGITS + UPPER,
  dotted: `${ALNUM}_-`,
};

function tokens(source: Source): Line[] {
  return TOKEN_FORMATS.flatMap((format) =>
    Array.from({ length: 8 }, () => {
      const length = format.least + source.number(Math.min(20, format.most - format.least) + 1);
      const token = `${format.prefix}${source.from(CHARSETS[format.charset], length - 2)}${source.from(DIGITS, 1)}${source.from(format.charset === 'upper' ? UPPER : 'abcdef', 1)}`;
      const text = source.pick([
        `using ${token} for upload`,
        `{"value":"${token}"}`,
        `export K=${token}`,
        `401 for ${token}: revoked`,
        `https://api.corp.com/x?k=${token}&y=1`,
        `['${token}']`,
      ]);
      return { detector: 'token' as const, text, planted: [token] };
    }),
  );
}

function spell(source: Source, term: string): string {
  const words = term.split(' ');
  const camel = words.map((word, index) => (index === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('');
  return source.pick([
    camel,
    words.join('_'),
    words.join('-'),
    words.join('_').toUpperCase(),
    words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('-'),
  ]);
}

function secrets(source: Source): Line[] {
  const terms = KEY_TERMS.filter(
    ({ detector, strength }) => detector === 'secret' && strength === 'strong' && !['pin', 'pass'].includes(detector),
  );
  return terms.flatMap(({ term }) =>
    Array.from({ length: 10 }, () => {
      const value = source.pick([
        `${source.from(ALNUM, 12)}${source.from(DIGITS, 2)}`,
        source.from(ALNUM, 20),
        `${source.from(LOWER, 8)}${source.from(DIGITS, 3)}!`,
      ]);
      const name = spell(source, term);
      const prefix = source.pick(['', '', 'db', 'my_']);
      const full =
        prefix === 'db'
          ? name.startsWith(name[0]!.toUpperCase())
            ? `DB_${name}`
            : /[_-]|^[a-z]+$/.test(name)
              ? `db_${name}`
              : `db${name[0]!.toUpperCase()}${name.slice(1)}`
          : `${prefix}${name}`;
      const inner = JSON.stringify({ [full]: value });
      const text = source.pick([
        `${full}=${value} retries=3`,
        `{"${full}":"${value}","x":1}`,
        `config { ${full}: '${value}', port: 1 }`,
        `${full}: ${value}`,
        `run --${full} ${value} --verbose`,
        `<${full}>${value}</${full}>`,
        `body=${JSON.stringify(inner)}`,
        `sent ${encodeURIComponent(inner)}`,
        `page ${inner.replaceAll('"', '&quot;')}`,
        `"${full}" => "${value}"`,
        `{"name":"${full}","value":"${value}"}`,
      ]);
      return { detector: 'secret' as const, text, planted: [/sent /.test(text) ? encodeURIComponent(value) : value] };
    }),
  );
}

/** One level of base64 over lines of other kinds. */
function encoded(source: Source, lines: readonly Line[]): Line[] {
  const result: Line[] = [];
  for (let round = 0; round < 200; round++) {
    const line = source.pick(lines);
    if (
      !['secret', 'email', 'card', 'authorization'].includes(line.detector) ||
      line.text.length < 24 ||
      /^[^\x20-\x7e]/.test(line.text)
    )
      continue;
    const run = Buffer.from(line.text).toString('base64');
    result.push({ detector: line.detector, text: `payload ${run} rejected`, planted: [run.replace(/=+$/, '')] });
  }
  return result;
}

export function createCorpus(seed: number): Line[] {
  const source = createSource(seed);
  const planted = [
    ...cards(source),
    ...ibans(source),
    ...identifiers(source),
    ...contacts(source),
    ...credentials(source),
    ...keys(source),
    ...tokens(source),
    ...secrets(source),
  ];
  const clean = [...cleanLines(source), ...HAND_CLEAN].map((text) => ({
    detector: 'none' as const,
    text,
    planted: [],
  }));
  return [...planted, ...encoded(source, planted), ...HAND_PLANTED, ...clean];
}
