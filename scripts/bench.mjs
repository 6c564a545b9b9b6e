// `npm run bench -- NAME [args]`: runs bench/NAME.ts on Node 24 with the garbage collector exposed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, projectNode, root, run, sourceFlags } from './setup.mjs';

const names = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
  .sort();
const [name, ...args] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  console.error(`npm run bench -- NAME [arguments]\n\nNAME is one of: ${names.join(', ')}`);
  process.exitCode = name === '--help' ? 0 : 2;
} else {
  ensureInstalled('all');
  process.exitCode = await run(projectNode(), [
    ...sourceFlags,
    '--expose-gc',
    join(root, 'bench', `${name}.ts`),
    ...args,
  ]);
}
