import type { Line } from './line.ts';
import { ALNUM, DIGITS, HEX, LOWER, type Source } from './source.ts';

export function contacts(source: Source): Line[] {
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

export function credentials(source: Source): Line[] {
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
      planted: [],
    });
  }
  // Which of the two values the line took is read back from it.
  return lines.map((line) =>
    line.detector === 'connection-string'
      ? { ...line, planted: [/(?:Password|Pwd|SharedAccessKey|AccountKey)=([^;]+)/.exec(line.text)![1]!] }
      : line,
  );
}
