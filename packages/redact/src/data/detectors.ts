import type { Action, DetectorName, Preset } from '../types.ts';

export interface DetectorInfo {
  readonly name: DetectorName;
  readonly title: string;
  /** How a match is told from a look-alike. */
  readonly how: string;
  /** Presets that switch it on, with the action each gives it. */
  readonly presets: Partial<Record<Preset, Action>>;
}

const EVERYWHERE = { default: 'mask', pci: 'mask', gdpr: 'mask', hipaa: 'mask', secrets: 'mask' } as const;
const PERSONAL = { default: 'mask', gdpr: 'mask', hipaa: 'mask' } as const;

/** Every detector. The documentation page is generated from this. */
export const DETECTORS: readonly DetectorInfo[] = [
  {
    name: 'card',
    title: 'Payment card number',
    how: 'Luhn check, issuer range and length; one word or the printed groupings with spaces, dashes or dots; numbers, bigints, and numbers cut over two items of an array',
    presets: { default: 'mask', pci: 'last4', gdpr: 'mask', hipaa: 'mask' },
  },
  {
    name: 'cvv',
    title: 'Card verification value',
    how: 'three or four digits under a name (`cvv`, `security code`), or alone within 24 characters behind a card number',
    presets: { default: 'mask', pci: 'drop', gdpr: 'mask', hipaa: 'mask' },
  },
  { name: 'iban', title: 'Bank account (IBAN)', how: 'length of the country, mod 97', presets: PERSONAL },
  {
    name: 'ssn',
    title: 'US social security number',
    how: '3-2-4 of an issuable area, or nine digits under a name',
    presets: PERSONAL,
  },
  {
    name: 'national-id',
    title: 'Other national identifiers',
    how: 'form and check digits, see the table; the bare ones only under a name',
    presets: PERSONAL,
  },
  {
    name: 'email',
    title: 'E-mail address',
    how: 'local part, domain with a top label; documentation domains and file names pass',
    presets: PERSONAL,
  },
  {
    name: 'phone',
    title: 'Telephone number',
    how: 'E.164 with `+`, or seven to fifteen digits under a name',
    presets: PERSONAL,
  },
  {
    name: 'ip',
    title: 'IP address',
    how: 'IPv4 and IPv6; documentation and loopback addresses pass; only when asked',
    presets: { gdpr: 'mask', hipaa: 'mask' },
  },
  {
    name: 'jwt',
    title: 'JSON Web Token',
    how: 'base64url that begins a JSON object, in three or five parts',
    presets: EVERYWHERE,
  },
  {
    name: 'authorization',
    title: 'HTTP credentials',
    how: 'the value of an `Authorization` header in any scheme; `Bearer` and `Basic` with a credential',
    presets: EVERYWHERE,
  },
  { name: 'cookie', title: 'Cookies', how: 'the value of `Cookie` and `Set-Cookie`', presets: EVERYWHERE },
  {
    name: 'url-credentials',
    title: 'Credentials in a URL',
    how: '`scheme://user:password@`, or a token in place of the user',
    presets: EVERYWHERE,
  },
  { name: 'query-secret', title: 'Secret in a query', how: 'a secret name behind `?` or `&`', presets: EVERYWHERE },
  {
    name: 'connection-string',
    title: 'Secret in a connection string',
    how: 'a secret name between `;`',
    presets: EVERYWHERE,
  },
  {
    name: 'private-key',
    title: 'Private key',
    how: 'PEM of any private key, cut off or with written-out line breaks',
    presets: EVERYWHERE,
  },
  { name: 'token', title: 'Vendor token', how: 'prefix, alphabet and length, see the table', presets: EVERYWHERE },
  {
    name: 'secret',
    title: 'Secret under a name',
    how: 'the name, and as much proof from the value as the name leaves open, see the table',
    presets: EVERYWHERE,
  },
  { name: 'person', title: 'Personal data under a name', how: 'the name', presets: { gdpr: 'mask', hipaa: 'mask' } },
  { name: 'health', title: 'Health data under a name', how: 'the name', presets: { hipaa: 'mask' } },
];
