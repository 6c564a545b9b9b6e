import type { Catalogue, GenerateOptions } from './generate.ts';
import { OptionError } from './misuse.ts';
import { problemType } from './problem.ts';

/** What was promised about a code when it was published. */
export interface PublishedCode {
  readonly type: string;
  readonly category: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly outcome: string;
  readonly message: string;
  readonly params: Readonly<Record<string, string>>;
  readonly publicParams: readonly string[];
}

/** The file that remembers what was published, by code. Commit it. */
export type Published = Readonly<Record<string, PublishedCode>>;

/** A published code that no longer means what it did. */
export interface PublishedChange {
  readonly code: string;
  /** The promise that changed, or `removed`. */
  readonly what: 'removed' | keyof PublishedCode;
  readonly before: string;
  readonly now: string;
}

/** What publishing the catalogue now would promise, sorted by code. */
export function toPublished(catalogue: Catalogue, options: GenerateOptions = {}): Published {
  const published: Record<string, PublishedCode> = {};
  for (const { definition } of Object.values(catalogue).toSorted((a, b) => (a.code < b.code ? -1 : 1))) {
    const { code, category, status, retryable, outcome, message, parts, publicParams } = definition;
    const params = Object.fromEntries(
      parts.flatMap((part) => (typeof part === 'string' ? [] : [[part.name, part.kind]])).toSorted(),
    );
    published[code] = {
      type: problemType(code, options.typeBase),
      category,
      status,
      retryable,
      outcome,
      message,
      params,
      publicParams: publicParams.toSorted(),
    };
  }
  return published;
}

/**
 * How published codes changed. New codes and new parameters are fine. A changed message is listed too: only a person can
 * tell a better wording from another meaning. Throws `OptionError` when `before` is not such a file.
 */
export function comparePublished(before: Published, now: Published): PublishedChange[] {
  if (typeof before !== 'object' || before === null || Array.isArray(before))
    throw new OptionError('before', before, 'published codes by code');
  const changes: PublishedChange[] = [];
  for (const [code, old] of Object.entries(before)) {
    const current = now[code];
    if (current === undefined) {
      changes.push({ code, what: 'removed', before: old.message, now: 'missing' });
      continue;
    }
    for (const what of ['type', 'category', 'status', 'retryable', 'outcome', 'message'] as const) {
      if (old[what] !== current[what])
        changes.push({ code, what, before: String(old[what]), now: String(current[what]) });
    }
    for (const [name, kind] of Object.entries(old.params ?? {})) {
      const has = current.params[name];
      if (has !== kind)
        changes.push({ code, what: 'params', before: `${name}: ${kind}`, now: `${name}: ${has ?? 'missing'}` });
    }
    for (const name of old.publicParams ?? []) {
      if (!current.publicParams.includes(name))
        changes.push({ code, what: 'publicParams', before: name, now: 'missing' });
    }
  }
  return changes;
}
