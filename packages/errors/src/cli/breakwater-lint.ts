#!/usr/bin/env node
import { runLintCli } from './lint.ts';

const { exitCode, text } = await runLintCli(process.argv.slice(2), process.cwd());
(exitCode === 2 ? process.stderr : process.stdout).write(`${text}\n`);
process.exitCode = exitCode;
