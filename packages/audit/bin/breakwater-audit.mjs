#!/usr/bin/env node
// The built program where there is one; from the source tree, where nothing is built, the TypeScript itself.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
const source = new URL('../src/cli/main.ts', import.meta.url);
const fromSource =
  !existsSync(built) || (process.execArgv.join(' ') + (process.env.NODE_OPTIONS ?? '')).includes('@breakwater/source');
await import(String(fromSource ? source : built));
