import type { ReceiverInput, ReceiverType } from '../api/types.ts';
import { createInputReader } from '../state/input-reader.ts';
import { InvalidInputError } from '../state/refusals.ts';
import { PAGERDUTY_URL } from './pagerduty.ts';

const TYPES: readonly ReceiverType[] = ['webhook', 'pagerduty'];
const MIN_KEY_BYTES = 16;
const MAX_KEY_BYTES = 256;

/**
 * An untrusted receiver, checked. The URL is http or https; PagerDuty's may be '' for its public address. A webhook's
 * secret is `whsec_` and base64 of 16 to 256 bytes, or other text of that length; without one it is not signed.
 * PagerDuty's secret is the routing key of 32 letters and digits.
 *
 * @throws InvalidInputError naming the field; the value is shown except where it is a secret
 */
export function toReceiverInput(input: unknown): ReceiverInput {
  const reader = createInputReader(input);
  const type = reader.oneOf('type', TYPES);
  const isDefaultUrl =
    type === 'pagerduty' && (!reader.has('url') || reader.text('url', { min: 0, max: 2_000 }) === '');
  const receiver: ReceiverInput = {
    type,
    name: reader.text('name', { min: 1, max: 200 }),
    enabled: reader.boolean('enabled'),
    url: isDefaultUrl ? PAGERDUTY_URL : reader.httpUrl('url'),
  };
  if (reader.has('secret')) receiver.secret = toSecret(input, type);
  reader.end();
  return receiver;
}

/** Read apart from the other fields, because a message about them shows the value. */
function toSecret(input: unknown, type: ReceiverType): string {
  const secret = (input as { secret: unknown }).secret;
  const must =
    type === 'pagerduty'
      ? 'secret must be the routing key of the PagerDuty integration, 32 letters and digits'
      : `secret must be "whsec_" and base64 of ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes, or other text of that length`;
  const isValid =
    typeof secret === 'string' && (type === 'pagerduty' ? /^[A-Za-z0-9]{32}$/.test(secret) : isSigningSecret(secret));
  if (!isValid) throw new InvalidInputError('secret', must);
  return secret;
}

function isSigningSecret(secret: string): boolean {
  const encoded = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : undefined;
  if (encoded !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return false;
  const bytes = encoded === undefined ? Buffer.byteLength(secret, 'utf8') : Buffer.from(encoded, 'base64').length;
  return bytes >= MIN_KEY_BYTES && bytes <= MAX_KEY_BYTES;
}
