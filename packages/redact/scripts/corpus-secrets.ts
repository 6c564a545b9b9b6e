import { KEY_TERMS } from '../src/data/keys.ts';
import { TOKEN_FORMATS, type TokenFormat } from '../src/data/tokens.ts';
import type { Line } from './line.ts';
import { ALNUM, DIGITS, HEX, LOWER, type Source, UPPER } from './source.ts';

export function keys(source: Source): Line[] {
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
  path: ALNUM,
};

export function tokens(source: Source): Line[] {
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

export function secrets(source: Source): Line[] {
  const terms = KEY_TERMS.filter(({ detector, strength }) => detector === 'secret' && strength === 'strong');
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
