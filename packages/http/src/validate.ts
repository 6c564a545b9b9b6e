import { OptionError, toFieldErrors } from '@breakwater/errors';
import { edgeErrors } from './catalogue.ts';

/** A schema by Standard Schema 1: zod, valibot, arktype, … */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What such a schema says about a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** The part of a request that is checked. */
export type RequestPart = 'body' | 'query' | 'path' | 'headers';
const PARTS: readonly unknown[] = ['body', 'query', 'path', 'headers'];

/**
 * `value` as `schema` gives it back. Rejects with `INVALID_INPUT` (422), whose fields name where and which rule, never the
 * value; its problem document is the answer; with `OptionError` for what is no schema. `part`: default `body`.
 */
export async function validate<Output>(
  schema: StandardSchema<Output>,
  value: unknown,
  part: RequestPart = 'body',
): Promise<Output> {
  if (typeof schema?.['~standard']?.validate !== 'function')
    throw new OptionError('validate.schema', schema, 'a schema by Standard Schema');
  if (!PARTS.includes(part)) throw new OptionError('validate.part', part, `one of ${PARTS.join(', ')}`);
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => ({ ...issue, path: issue.path ?? [] }));
  throw new edgeErrors.INVALID_INPUT({ part }, { fields: toFieldErrors({ issues }) });
}
