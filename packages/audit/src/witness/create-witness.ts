import { having, listOf, type Rule } from '@breakwater/errors/options';
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts';
import { AuditError } from '../errors.ts';
import { emptyRoot } from '../merkle.ts';
import { type ParsedNote, parseNote, type Signer, signatureLine, type Verifier, verifyNote } from '../note.ts';
import { checkOptions, signerOf, verifierOf } from '../option.ts';
import { verifyConsistency } from '../proof.ts';
import type { Witness, WitnessAnswer, WitnessRequest } from './witness.ts';

/** What a witness signed last for a trail, with the checkpoint itself as evidence. */
export interface LastSigned {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
}

/** Where a witness keeps what it signed, by the trail's origin. `set` must be durable when it resolves. A Map will do for tests. */
export interface WitnessState {
  get(origin: string): LastSigned | undefined | Promise<LastSigned | undefined>;
  set(origin: string, last: LastSigned): unknown;
}

export interface WitnessOptions {
  /** A key made by `generateWitnessSigner`. */
  readonly signer: Signer;
  /** Keys of the trails that it witnesses. */
  readonly trails: readonly Verifier[];
  /** `directoryWitnessState`, or the witness forgets what it signed. No other witness may use it at the same time. */
  readonly state: WitnessState;
}

const RULES: { readonly [option in keyof WitnessOptions]-?: Rule } = {
  signer: signerOf('cosignature'),
  trails: listOf(verifierOf('ed25519')),
  state: having('a memory, such as directoryWitnessState makes', 'get', 'set'),
};

/**
 * A witness (C2SP tlog-witness): signs a checkpoint that a known key signed and that extends what it signed before, and
 * remembers it first. Requests are taken one after the other, so that none goes between the check and the memory. Throws
 * `AUDIT_INVALID_OPTION`.
 */
export function createWitness(options: WitnessOptions): Witness {
  checkOptions('createWitness', options, RULES, Object.keys(RULES));
  const { signer, trails, state } = options;
  let last: Promise<unknown> = Promise.resolve();
  return {
    verifier: signer.verifier,
    addCheckpoint(request) {
      const answer = last.then(() => decide(request));
      last = answer.catch(() => undefined);
      return answer;
    },
  };

  async function decide({ note, oldSize, proof }: WitnessRequest): Promise<WitnessAnswer> {
    const read = readRequest(note);
    if (read === null) return { kind: 'refused', reason: 'malformed' };
    const { parsed, checkpoint } = read;
    const { origin, size, root } = checkpoint;
    const keys = trails.filter((key) => key.name === origin);
    if (keys.length === 0) return { kind: 'refused', reason: 'unknown_trail' };
    if (!isSigned(parsed, keys)) return { kind: 'refused', reason: 'unknown_key' };
    if (oldSize > size) return { kind: 'refused', reason: 'malformed' };
    const known = await state.get(origin);
    const knownSize = known?.size ?? 0;
    const knownRoot = known?.root ?? emptyRoot();
    if (oldSize !== knownSize) return { kind: 'conflict', size: knownSize };
    // Another root at the same size: two histories. The protocol answers it like a wrong old size.
    if (size === knownSize && !Buffer.from(root).equals(knownRoot)) return { kind: 'conflict', size: knownSize };
    if (!verifyConsistency(oldSize, size, knownRoot, root, proof)) return { kind: 'refused', reason: 'inconsistent' };
    await state.set(origin, { size, root, note });
    return { kind: 'signed', signatures: signatureLine(signer, signer.sign(parsed.text)) };
  }
}

function readRequest(note: string): { parsed: ParsedNote; checkpoint: Checkpoint } | null {
  try {
    const parsed = parseNote(note);
    return { parsed, checkpoint: parseCheckpoint(parsed.text) };
  } catch (error) {
    if (error instanceof AuditError) return null;
    throw error;
  }
}

/** A wrong signature under a known key's name counts as none, whatever else signed. */
function isSigned(parsed: ParsedNote, keys: readonly Verifier[]): boolean {
  try {
    return verifyNote(parsed, keys).length > 0;
  } catch (error) {
    if (error instanceof AuditError) return false;
    throw error;
  }
}
