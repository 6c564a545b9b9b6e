import { parseCheckpoint } from './checkpoint.ts';
import { AuditError } from './errors.ts';
import { type NoteSignature, parseNote, type Signer, signatureLine, type Verifier, verifyNote } from './note.ts';
import { verifyConsistency } from './proof.ts';

/**
 * Somebody else who signs checkpoints, after checking that each extends the one before (C2SP tlog-witness). With it the
 * operator cannot show one history to one auditor and another to the next.
 */
export interface Witness {
  readonly verifier: Verifier;
  /** Size of the tree that it signed last for this origin; 0 for none. */
  lastSize(origin: string): Promise<number>;
  /** Checks and signs. Answers a signature line of C2SP tlog-cosignature. */
  addCheckpoint(request: { note: string; oldSize: number; proof: readonly Uint8Array[] }): Promise<string>;
}

/**
 * Asks every witness. A witness that fails or whose signature does not verify is left out; `count` says how many signed.
 * The note gets the good signatures added.
 */
export async function collectCosignatures(
  note: string,
  witnesses: readonly Witness[],
  proofFrom: (oldSize: number) => Promise<readonly Uint8Array[]>,
): Promise<{ note: string; count: number; failures: AuditError[] }> {
  const { text, signatures } = parseNote(note);
  const { origin } = parseCheckpoint(text);
  const failures: AuditError[] = [];
  const lines = await Promise.all(
    witnesses.map(async (witness) => {
      const { verifier } = witness;
      if (signatures.some((signature) => isGood(signature, text, verifier))) return null;
      try {
        const oldSize = await witness.lastSize(origin);
        const line = await witness.addCheckpoint({ note, oldSize, proof: await proofFrom(oldSize) });
        const good = verifyNote(parseNote(`${text}\n${line}`), [verifier]);
        if (good.length !== 1)
          throw new AuditError(
            'AUDIT_BAD_SIGNATURE',
            `The witness "${verifier.name}" answered a signature that is not its own`,
          );
        return line;
      } catch (cause) {
        failures.push(new AuditError('AUDIT_NOT_WITNESSED', `The witness "${verifier.name}" did not sign`, { cause }));
        return undefined;
      }
    }),
  );
  const added = lines.filter((line) => typeof line === 'string').join('');
  return { note: note + added, count: lines.filter((line) => line !== undefined).length, failures };
}

function isGood({ name, keyId, signature }: NoteSignature, text: string, verifier: Verifier): boolean {
  return name === verifier.name && keyId === verifier.keyId && verifier.verify(text, signature);
}

/**
 * A witness in this process, for tests and for an operator that runs one elsewhere. `state` keeps the last size and root
 * of each origin; give one that persists, or the witness forgets what it signed.
 */
export function createWitness(options: {
  readonly signer: Signer;
  /** Keys of the trails that it witnesses. */
  readonly trails: readonly Verifier[];
  readonly state: Map<string, { size: number; root: Uint8Array }>;
}): Witness {
  const { signer, trails, state } = options;
  return {
    verifier: signer.verifier,
    lastSize: async (origin) => state.get(origin)?.size ?? 0,
    async addCheckpoint({ note, oldSize, proof }) {
      const parsed = parseNote(note);
      const checkpoint = parseCheckpoint(parsed.text);
      const keys = trails.filter((key) => key.name === checkpoint.origin);
      if (verifyNote(parsed, keys).length === 0) {
        throw new AuditError(
          'AUDIT_BAD_SIGNATURE',
          `The checkpoint of "${checkpoint.origin}" is not signed by a key that this witness knows`,
        );
      }
      const last = state.get(checkpoint.origin);
      if (oldSize !== (last?.size ?? 0)) {
        throw new AuditError(
          'AUDIT_BAD_SIGNATURE',
          `The proof starts at size ${oldSize}, and this witness signed size ${last?.size ?? 0} last`,
        );
      }
      if (last !== undefined && !verifyConsistency(oldSize, checkpoint.size, last.root, checkpoint.root, proof)) {
        throw new AuditError(
          'AUDIT_BAD_SIGNATURE',
          `The checkpoint of size ${checkpoint.size} does not extend the one of size ${oldSize}`,
        );
      }
      state.set(checkpoint.origin, { size: checkpoint.size, root: checkpoint.root });
      return signatureLine(signer, signer.sign(parsed.text));
    },
  };
}
