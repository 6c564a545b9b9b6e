import { isAuditError } from '../errors.ts';
import { generateSigner, generateWitnessSigner } from '../note.ts';
import { runExport } from './export.ts';
import { parse } from './parse.ts';
import { printable } from './printable.ts';
import { runProve } from './prove.ts';
import { HELP, UsageError } from './usage.ts';
import { runVerify, runVerifyProof } from './verify.ts';
import { runWitness } from './witness.ts';

export interface CliOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly showProgress: boolean;
  /** Ends a command that runs until it is told to. */
  readonly signal?: AbortSignal;
}

/** Runs one command and answers the exit code. Never throws for what a user or a trail can get wrong. */
export async function runCli(args: readonly string[], output: CliOutput): Promise<number> {
  const [command = '', ...rest] = args;
  const isHelp = (arg: string): boolean => arg === '--help' || arg === '-h';
  const help = Object.hasOwn(HELP, command) ? HELP[command] : undefined;
  try {
    if (isHelp(command)) {
      output.out(HELP['']!);
      return 0;
    }
    if (command === '') {
      output.err(HELP['']!);
      return 2;
    }
    if (help === undefined) throw new UsageError(`There is no command "${command}"`);
    if (rest.some(isHelp)) {
      output.out(help);
      return 0;
    }
    return await run(command, rest, output);
  } catch (error) {
    if (error instanceof UsageError) {
      const about = help === undefined ? '' : `${command} `;
      output.err(`breakwater-audit: ${printable(error.message)}\nSee breakwater-audit ${about}--help\n`);
      return 2;
    }
    output.err(`breakwater-audit: ${printable(describe(error))}\n`);
    return 1;
  }
}

async function run(command: string, args: string[], output: CliOutput): Promise<number> {
  switch (command) {
    case 'verify':
      return runVerify(args, output);
    case 'verify-proof':
      return runVerifyProof(args, output);
    case 'export':
      return runExport(args, output);
    case 'witness':
      return runWitness(args, output);
    case 'prove':
      return runProve(args, output);
    default: {
      const { positionals, values } = parse({
        args,
        allowPositionals: true,
        options: { witness: { type: 'boolean' } },
      });
      const [name] = positionals;
      if (name === undefined || positionals.length !== 1 || !/^[^\s+]{1,200}$/u.test(name))
        throw new UsageError('keygen needs one name of 1 to 200 characters, without spaces and plus signs');
      const signer = values['witness'] === true ? generateWitnessSigner(name) : generateSigner(name);
      output.out(`${signer.exportPrivateKey()}\n`);
      output.err(`Public key, for auditors:\n${signer.verifier}\n`);
      return 0;
    }
  }
}

function describe(error: unknown): string {
  if (isAuditError(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
