import { AuditError } from './errors.ts';

/** The size and root that a trail's signature commits to, C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** Unique name of the trail, a URL without a scheme: `audit.example.com/payments`. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** Throws `AUDIT_BAD_SIGNATURE` where the text is not a checkpoint. Extension lines are allowed and ignored. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root] = text.split('\n');
  const bytes = Buffer.from(root ?? '', 'base64');
  if (
    !origin ||
    !size ||
    !/^(?:0|[1-9]\d{0,15})$/.test(size) ||
    !Number.isSafeInteger(Number(size)) ||
    bytes.length !== 32 ||
    bytes.toString('base64') !== root
  ) {
    throw new AuditError(
      'AUDIT_BAD_SIGNATURE',
      'The checkpoint is malformed: it must name origin, size and root on its first three lines',
    );
  }
  return { origin, size: Number(size), root: bytes };
}
