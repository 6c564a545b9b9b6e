import { flag, type Rule, text, whole } from '@breakwater/errors/options';

/** A file that lines are appended to. */
export interface FilePlace {
  readonly path: string;
  /** Bytes after which the file becomes `path.1`, that `path.2`, and so on. Default: never. */
  readonly maxBytes?: number | undefined;
  /** Old files kept. Default 5. */
  readonly maxFiles?: number | undefined;
  /** Wait for the disk after every batch: what is counted as written survives a power cut. Default false. */
  readonly durable?: boolean | undefined;
}

export const placeRules: Readonly<Record<string, Rule>> = {
  path: text,
  maxBytes: /* @__PURE__ */ whole(1),
  maxFiles: /* @__PURE__ */ whole(1),
  durable: flag,
};
