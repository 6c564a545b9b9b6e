import type { WitnessRefusal, WitnessRequest } from './witness.ts';

/** The bodies and status codes of C2SP tlog-witness, for both sides. */
export const SIZE_TYPE = 'text/x.tlog.size';

export const REFUSAL_STATUS: { readonly [reason in WitnessRefusal]: number } = {
  malformed: 400,
  unknown_key: 403,
  unknown_trail: 404,
  inconsistent: 422,
};

const MAX_PROOF_LINES = 63;

export function formatRequest({ oldSize, proof, note }: WitnessRequest): string {
  const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
  return `old ${oldSize}\n${lines.join('')}\n${note}`;
}

/** Null where the text is not a request. The checkpoint in it is not looked at. */
export function parseRequest(text: string): WitnessRequest | null {
  const split = text.indexOf('\n\n');
  if (split < 0) return null;
  const [first = '', ...lines] = text.slice(0, split).split('\n');
  const oldSize = first.startsWith('old ') ? parseSize(first.slice(4)) : null;
  if (oldSize === null || lines.length > MAX_PROOF_LINES) return null;
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  if (!proof.every((hash, i) => hash.length === 32 && hash.toString('base64') === lines[i])) return null;
  return { oldSize, proof, note: text.slice(split + 2) };
}

/** A tree size in decimal without leading zeroes, or null. */
export function parseSize(text: string): number | null {
  const size = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}
