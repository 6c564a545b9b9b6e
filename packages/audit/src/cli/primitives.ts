import { createPublicKey, hash, verify } from 'node:crypto';
import type { Primitives } from '../verify/source.ts';

const { write } = Buffer.prototype;
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The verifier's primitives from Node's OpenSSL. */
export const nodePrimitives: Primitives = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  sha256Into(bytes, target, offset) {
    // A digest as a string (binary, that is Latin-1) costs a quarter of one as a Buffer, whose memory is allocated outside the heap.
    write.call(target as Buffer, hash('sha256', bytes, 'binary'), offset, 32, 'latin1');
  },
  verifyEd25519(publicKey, message, signature) {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
    return verify(null, message, key, signature);
  },
};
