/** Search parameters: plain strings in the URL, checked on the way in. */

export type Search = Record<string, string | undefined>;

/** `?a=1&b=2` as strings; of duplicates the last one stands. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** The inverse. Characters that a query may hold stay readable (RFC 3986, section 3.4). */
export function stringifySearch(search: Record<string, unknown>): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === '') continue;
    parts.push(`${encodeURIComponent(key)}=${readable(String(value))}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function readable(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|2C|40|22|20)/g, (code) => READABLE[code] ?? code);
}
const READABLE: Record<string, string> = { '%3A': ':', '%2F': '/', '%2C': ',', '%40': '@', '%20': '+' };

const MAX_TEXT = 4_000;

export function textParam(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined;
}

export function choiceParam<const T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}
