// Builds dist/verify.html: the verifier as one file that works offline.
// node --conditions=@breakwater/source packages/audit/scripts/build-page.ts [OUTPUT]
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './page.ts';

const output = process.argv[2] ?? fileURLToPath(new URL('../dist/verify.html', import.meta.url));
const html = await buildPage();
await mkdir(dirname(output), { recursive: true });
await writeFile(output, html);
console.log(`${output}, ${html.length} characters`);
