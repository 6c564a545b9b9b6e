import { callable, having, listOf, type Rule, whole } from '@breakwater/errors/options';
import { AuditError } from './errors.ts';
import { checkOptions, shortText, signerOf, verifierOf } from './option.ts';
import type { TrailOptions } from './trail-types.ts';

const storeRule: Rule = having(
  'a store, such as directoryStore makes',
  ...['lock', 'read', 'write', 'remove', 'appendJournal', 'readJournal', 'trimJournal', 'close'],
);

const [, isAsked] = having('', 'addCheckpoint');
const [, isWitnessKey] = verifierOf('cosignature');
const witnessRule: Rule = [
  'a witness, such as httpWitness makes',
  (value) => isAsked(value) && isWitnessKey((value as { verifier?: unknown }).verifier),
];

const RULES: { readonly [option in keyof TrailOptions]-?: Rule } = {
  store: storeRule,
  signer: signerOf('ed25519'),
  publishIntervalMs: whole(0, 3_600_000),
  maxPending: whole(1, 10_000_000),
  redact: callable,
  personalData: having('what createPersonalData makes', 'seal', 'open', 'erase'),
  witnesses: listOf(witnessRule),
  witnessQuorum: whole(0, 1_000),
  witnessTimeoutMs: whole(1, 600_000),
  witnessGraceMs: whole(0, 600_000),
  witnessRetryMs: whole(1, 86_400_000),
  clock: shortText,
  component: shortText,
  now: callable,
  onError: callable,
};

/** Throws `AUDIT_INVALID_OPTION` for an option of `openTrail` that is unknown or wrong. */
export function checkTrailOptions(options: TrailOptions): void {
  checkOptions('openTrail', options, RULES, ['store', 'signer']);
  const { witnesses = [], witnessQuorum = witnesses.length } = options;
  if (witnessQuorum > witnesses.length)
    throw new AuditError(
      'AUDIT_INVALID_OPTION',
      `openTrail.witnessQuorum: expected at most the number of witnesses, ${witnesses.length}, got ${witnessQuorum}`,
    );
  const keys = witnesses.map(({ verifier }) => String(verifier));
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined)
    throw new AuditError('AUDIT_INVALID_OPTION', `openTrail.witnesses: the witness ${twice} is there twice`);
}

/** Throws `AUDIT_INVALID_OPTION` where `rotateKey` is given something else than another key of the same name. */
export function checkNextSigner(next: unknown, name: string): void {
  const [expected, accepts] = signerOf('ed25519');
  if (!accepts(next)) throw new AuditError('AUDIT_INVALID_OPTION', `rotateKey: expected ${expected}`);
  const given = (next as { name: string }).name;
  if (given !== name)
    throw new AuditError('AUDIT_INVALID_OPTION', `The new key is named "${given}"; the trail keeps its name "${name}"`);
}
