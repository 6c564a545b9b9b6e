import { createPublicKey, hash, verify } from 'node:crypto';
import type { Primitives } from '../verify/source.ts';

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The verifier's two primitives from Node's OpenSSL. */
export const nodePrimitives: Primitives = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  verifyEd25519(publicKey, message, signature) {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
    return verify(null, message, key, signature);
  },
};
