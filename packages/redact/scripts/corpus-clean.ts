import { ALNUM, HEX, type Source } from './source.ts';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DIGITS = '0123456789';

/** Lines that hold nothing secret, made of what detectors are most easily misled by. */
export function cleanLines(source: Source): string[] {
  const hex = (length: number): string => source.from(HEX, length);
  const digits = (length: number): string => source.from('123456789', 1) + source.from(DIGITS, length - 1);
  const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-${source.from('89ab', 1)}${hex(3)}-${hex(12)}`;
  const version = (): string => `${source.number(20)}.${source.number(40)}.${source.number(100)}`;
  const makers: readonly (() => string)[] = [
    () => `request ${uuid()} took ${source.number(900)} ms`,
    () => `{"id":"${uuid()}","key":"${uuid()}","parent":null}`,
    () => `commit ${hex(40)} author: ${source.from('abcdefghijk', 6)} branch=main`,
    () => `sha256:${hex(64)} pulled`,
    () => `md5=${hex(32)} etag="${hex(32)}" key=${hex(32)}`,
    () => `traceparent: 00-${hex(32)}-${hex(16)}-01`,
    () => `ulid 01${source.from(CROCKFORD, 24)} stored`,
    () => `at 2026-11-${10 + source.number(20)}T${10 + source.number(14)}:02:03.${digits(3)}Z seq=${digits(7)}`,
    () => `ts=${1_700_000_000_000 + source.number(1e11)} ns=17${digits(17)} s=${1_700_000_000 + source.number(1e8)}`,
    () => `order ORD-2026-${digits(7)} invoice INV${digits(8)} customer=${digits(6)}`,
    () => `order 2026${digits(10)} shipped, parcel 1Z${source.from(CROCKFORD, 16)}`,
    () => `upgraded from v${version()} to v${version()}-rc.1+build.${digits(4)}`,
    () => `tokenCount=${digits(4)} maxTokens: ${digits(4)} tokens=${digits(3)} promptTokens ${digits(3)}`,
    () => `{"usage":{"tokens":${digits(4)},"totalTokens":${digits(5)}},"passwordResetRequired":true}`,
    () => `author=${source.from('abcdef', 5)} authorId=${digits(5)} authority: local`,
    () => `nextPageToken=${source.from(ALNUM, 32)} pageToken: ${source.from(ALNUM, 24)}`,
    () => `cacheKey=user:${digits(5)}:profile partitionKey=${uuid()} sortKey=2026-11`,
    () =>
      `ratio ${source.number(9)}.${digits(16)} lat=${source.number(89)}.${digits(13)} price=${digits(4)}.${digits(2)}`,
    () =>
      `${source.number(255)}/tcp open, pid ${digits(5)}, port ${digits(4)}, mac ${Array.from({ length: 6 }, () => hex(2)).join(':')}`,
    () => `pkg @scope/name@${version()} at node_modules/@scope/name/index.js icon@2x.png`,
    () =>
      `password ${source.pick(['is required', 'must be at least 12 characters', 'reset requested', 'changed', 'mismatch', 'expired'])}`,
    () =>
      `${source.pick(['token', 'Token', 'secret', 'API key'])}: ${source.pick(['missing', 'required', 'expired', 'invalid', '<none>', '***', '$TOKEN', 'null', 'undefined', '[REDACTED]'])}`,
    () => `Unexpected token: ${source.pick(['<', '}', 'o', 'EOF'])} in JSON at position ${digits(3)}`,
    () => `contact ${source.from('abcdef', 5)}@example.com or admin@example.org, see user@host.test`,
    () => `timezone +0${source.number(9)}:00, offset +${digits(3)}, delta=+${digits(4)}ms`,
    () => `isbn 978-3-16-${digits(6)}-0 ean 40${digits(11)} colour #${hex(6)}`,
    () => `worker-${digits(2)} heap ${digits(9)} of ${digits(10)} bytes, fd ${digits(3)}`,
    () => `snowflake 1${digits(18)} shard ${source.number(64)}`,
    () => `at Object.<anonymous> (/srv/app/dist/${hex(8)}.js:${digits(3)}:${digits(2)})`,
    () => `select id, token_type from sessions where id = $1 -- ${digits(3)} rows`,
    () => `data:image/png;base64,iVBORw0KGgo${source.from(`${ALNUM}+/`, 60)}`,
    () =>
      `rows ${digits(4)} ${digits(4)} ${digits(4)} ${digits(4)} skipped ${digits(3)}-${digits(3)}-${digits(3)}`.replaceAll(
        /\d{4} \d{4} \d{4} \d{4}/g,
        (run) => run.replace(/^./, '1'),
      ),
    () => `basic usage of bearer channels, cookie policy accepted: yes`,
    () => `statusCode=${digits(3)} errorCode: E${digits(4)} exitCode=1 countryCode=DE zip_code_format=99999`,
    () => `https://docs.corp.com/a/b?page=${digits(2)}&sort=created_at&key=name#section-${digits(1)}`,
    () => `ssh://git@git.corp.com:22/team/repo.git fetched, git@git.corp.com:team/other.git skipped`,
  ];
  return makers.flatMap((make) => Array.from({ length: 60 }, make));
}
