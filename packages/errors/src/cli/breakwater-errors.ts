#!/usr/bin/env node
import { runCatalogueCli } from './catalogue.ts';

const { exitCode, text } = await runCatalogueCli(process.argv.slice(2));
(exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`);
process.exitCode = exitCode;
