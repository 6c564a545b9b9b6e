// Appends to every example the block of what it prints: `node scripts/write-outputs.ts`. Read the change before you commit it.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../examples', import.meta.url));
for (const file of globSync(`${folder}/*.ts`)) {
  const run = spawnSync(process.execPath, ['--conditions=@breakwater/source', file], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${file}: ${run.stderr}`);
  const source = readFileSync(file, 'utf8').split('\n// Output:\n')[0]!.trimEnd();
  const output = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => `// ${line}`.trimEnd());
  writeFileSync(file, `${source}\n\n// Output:\n${output.join('\n')}\n`);
}
