import { type Kind, listOf, mapOf, oneOf, pairs } from './kinds.ts';

// What the settings of OTLP take: how and where telemetry is sent.

const asIs = (text: string): unknown => text;

export const protocol: Kind<'http/protobuf' | 'http/json'> = oneOf(
  ['http/protobuf', 'http/json'],
  ' (gRPC is not spoken)',
);

export const compression: Kind<'none' | 'gzip'> = oneOf(['none', 'gzip']);

export const exporters: Kind<readonly ('otlp' | 'console' | 'none')[]> = listOf(
  ['otlp', 'console', 'none'],
  'none',
  'exporters',
);

export const temporality: Kind<'cumulative' | 'delta' | 'lowmemory'> = oneOf(['cumulative', 'delta', 'lowmemory']);

/** Aggregations of histograms by their names in OpenTelemetry's specification. */
export type HistogramName = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram';

export const histogram: Kind<HistogramName> = oneOf([
  'explicit_bucket_histogram',
  'base2_exponential_bucket_histogram',
]);

export const httpUrl: Kind<string> = {
  expected: 'a URL with http: or https:, without a query',
  fromText: asIs,
  accept: (value): value is string => {
    // A path is appended to the text itself, so what the parser would pass over counts too: spaces, an empty query.
    if (typeof value !== 'string' || /[\s?#]/.test(value) || !URL.canParse(value)) return false;
    const { protocol: scheme, username, password } = new URL(value);
    return (scheme === 'http:' || scheme === 'https:') && isPercentEncoded(username + password);
  },
};

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const HEADER = /^[\w!#$%&'*+.^`|~-]+$/;
/** Headers that say how the body is sent; another value would make every export fail. */
const OF_THE_BODY: readonly string[] = [
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

export const headers: Kind<Readonly<Record<string, string>>> = mapOf(
  'headers (name=value,name=value), values percent-encoded, each name once, none that describes the body',
  (text) => pairs(text, { encoded: true, once: true }),
  (name, content): content is string =>
    HEADER.test(name) &&
    !OF_THE_BODY.includes(name.toLowerCase()) &&
    typeof content === 'string' &&
    /^[\t\x20-\x7e]*$/.test(content),
);
