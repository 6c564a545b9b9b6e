#!/usr/bin/env node
import { runCli } from './run.ts';

/** 128 and SIGPIPE: what a shell reports of a program that a closed pipe ended. */
const NOBODY_READS = 141;

// What could not be written was not said: the exit code of the command would claim that it was.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(NOBODY_READS);
  process.stderr.write(`breakwater-audit: the output could not be written: ${error.message}\n`);
  process.exit(1);
});
// Progress and messages that nobody reads change nothing.
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  showProgress: process.stderr.isTTY === true,
});
