import { parseCheckpoint } from '../checkpoint.ts';
import { AuditError } from '../errors.ts';
import { parseNote, signatureLine, type Verifier } from '../note.ts';
import type { Witness, WitnessRefusal } from './witness.ts';

/** A witness whose last size is not known needs two; more only where somebody else publishes to it at the same time. */
const MAX_ATTEMPTS = 3;

const REFUSALS: { readonly [reason in WitnessRefusal]: string } = {
  malformed: 'it could not read the request',
  unknown_trail: 'it does not know this trail',
  unknown_key: "it does not know this trail's key",
  inconsistent: 'the checkpoint does not extend the one that it signed last: there are two histories',
};

export interface WitnessRounds {
  /** Asks every witness that has not signed the note yet. Never rejects; failures go to `onFailure`. */
  collect(note: string, proofFrom: (oldSize: number) => Promise<readonly Uint8Array[]>): Promise<WitnessRound>;
}

export interface WitnessRound {
  /** The note with the good signatures added. */
  readonly note: string;
  readonly hasQuorum: boolean;
  readonly failures: readonly AuditError[];
}

/**
 * Collects cosignatures. A round lasts at most `timeoutMs`; once `quorum` witnesses have signed, the others have `graceMs`
 * more. A signature counts when it verifies under the witness's own key; whatever else it answers is left out.
 */
export function createWitnessRounds(options: {
  readonly witnesses: readonly Witness[];
  readonly quorum: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly onFailure: (error: AuditError) => void;
}): WitnessRounds {
  const { witnesses, quorum, timeoutMs, graceMs, onFailure } = options;
  const lastSizes = new Map<Witness, number>();

  async function ask(
    witness: Witness,
    note: string,
    proofFrom: (oldSize: number) => Promise<readonly Uint8Array[]>,
    signal: AbortSignal,
  ): Promise<string> {
    const { text } = parseNote(note);
    const { size } = parseCheckpoint(text);
    let oldSize = lastSizes.get(witness) ?? 0;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const proof = oldSize === 0 ? [] : await proofFrom(oldSize);
      const answer = await witness.addCheckpoint({ note, oldSize, proof, signal });
      if (answer.kind === 'signed') {
        const line = ownSignature(text, answer.signatures, witness.verifier);
        if (line === null) throw new Error('its answer holds no signature of its own key on this checkpoint');
        lastSizes.set(witness, size);
        return line;
      }
      if (answer.kind === 'refused') throw new Error(REFUSALS[answer.reason]);
      if (!Number.isSafeInteger(answer.size) || answer.size < 0) throw new Error('its answer names no size');
      if (answer.size === oldSize) throw new Error(REFUSALS.inconsistent);
      if (answer.size > size)
        throw new Error(
          `it signed ${answer.size} entries of this trail, which has ${size} here: it was rolled back, or somebody else writes it`,
        );
      oldSize = answer.size;
      lastSizes.set(witness, oldSize);
    }
    throw new Error('its last size changed with every attempt');
  }

  return {
    async collect(note, proofFrom) {
      const { text, signatures } = parseNote(note);
      const missing = witnesses.filter(
        ({ verifier }) => !signatures.some((signature) => isGood(signature, text, verifier)),
      );
      const failures: AuditError[] = [];
      const lines: string[] = [];
      const round = new AbortController();
      const timers = [setTimeout(() => round.abort(new Error(`there was no answer in ${timeoutMs} ms`)), timeoutMs)];
      const ended = Promise.withResolvers<never>();
      round.signal.addEventListener('abort', () => ended.reject(round.signal.reason));
      ended.promise.catch(() => undefined);
      const hasQuorum = (): boolean => witnesses.length - missing.length + lines.length >= quorum;
      const startGrace = (): void => {
        if (hasQuorum() && timers.length === 1)
          timers.push(setTimeout(() => round.abort(new Error('the others had signed')), graceMs));
      };
      startGrace();
      await Promise.all(
        missing.map(async (witness) => {
          try {
            // The race is for a witness that does not heed the signal.
            lines.push(await Promise.race([ask(witness, note, proofFrom, round.signal), ended.promise]));
            startGrace();
          } catch (cause) {
            const why = cause instanceof Error ? cause.message : String(cause);
            failures.push(
              new AuditError('AUDIT_NOT_WITNESSED', `The witness "${witness.verifier.name}" did not sign: ${why}`, {
                cause,
              }),
            );
          }
        }),
      );
      for (const timer of timers) clearTimeout(timer);
      for (const failure of failures) onFailure(failure);
      return { note: note + lines.join(''), hasQuorum: hasQuorum(), failures };
    },
  };
}

/** The line with the witness's own signature, or null. Other lines of the answer are not taken over. */
function ownSignature(text: string, answer: string, verifier: Verifier): string | null {
  const { signatures } = parseNote(`${text}\n${answer}`);
  const own = signatures.find((signature) => isGood(signature, text, verifier));
  return own === undefined ? null : signatureLine(verifier, own.signature);
}

function isGood(
  { name, keyId, signature }: { name: string; keyId: number; signature: Uint8Array },
  text: string,
  verifier: Verifier,
): boolean {
  return name === verifier.name && keyId === verifier.keyId && verifier.verify(text, signature);
}
