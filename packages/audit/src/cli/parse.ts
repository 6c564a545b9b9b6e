import { parseArgs } from 'node:util';
import { UsageError } from './usage.ts';

interface ParseOptions {
  readonly args: string[];
  readonly allowPositionals: boolean;
  readonly options: { [name: string]: { type: 'string' | 'boolean'; multiple?: boolean } };
}

/** `parseArgs`, with its errors as usage errors. */
export function parse(options: ParseOptions): {
  positionals: string[];
  values: { [name: string]: string | boolean | (string | boolean)[] | undefined };
} {
  try {
    return parseArgs({ ...options, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
