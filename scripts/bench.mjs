// `npm run bench -- NAME [--save] [arguments]`: runs bench/NAME.ts on Node 24 with the garbage collector exposed.
// With --save, its results go to bench/results/NAME.json, and the tables in the documents are made from those files.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, projectNode, root, sourceFlags } from './setup.mjs';

const results = join(root, 'bench', 'results');
const names = namesIn(join(root, 'bench'), '.ts');
const [name, ...rest] = process.argv.slice(2);

if (!name || !names.includes(name)) {
  console.error(`npm run bench -- NAME [--save] [arguments]\n\nNAME is one of: ${names.join(', ')}`);
  process.exitCode = name === '--help' ? 0 : 2;
} else {
  ensureInstalled('all');
  const args = rest.filter((arg) => arg !== '--save');
  const { code, lastLine } = await run(name, args);
  process.exitCode = code;
  if (code === 0 && rest.includes('--save')) save(name, lastLine);
}

function namesIn(folder, ending) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

function run(bench, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(projectNode(), [...sourceFlags, '--expose-gc', join(root, 'bench', `${bench}.ts`), ...args], {
      cwd: root,
      stdio: ['inherit', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, lastLine: output.trimEnd().split('\n').at(-1) ?? '' }));
  });
}

function save(bench, line) {
  const { results: rows } = JSON.parse(line);
  mkdirSync(results, { recursive: true });
  const data = {
    bench,
    date: new Date().toISOString().slice(0, 10),
    node: '24',
    machine: '2 virtual CPUs, Linux x64',
    results: rows,
  };
  writeFileSync(join(results, `${bench}.json`), `${JSON.stringify(data, null, 2)}\n`);
  const saved = namesIn(results, '.json').map((file) =>
    JSON.parse(readFileSync(join(results, `${file}.json`), 'utf8')),
  );
  writeFileSync(join(root, 'docs', 'benchmarks.md'), benchmarksPage(saved));
  const readme = join(root, 'README.md');
  writeFileSync(readme, fillBlocks(readFileSync(readme, 'utf8'), saved));
  console.error(`Saved to bench/results/${bench}.json; docs/benchmarks.md and README.md are made from it.`);
}

function benchmarksPage(saved) {
  const sections = saved.map(
    (entry) =>
      `## ${entry.bench}\n\n\`npm run bench -- ${entry.bench}\`, ${entry.date}, Node ${entry.node}, ${entry.machine}\n\n${table(entry.results)}\n`,
  );
  return `# Benchmarks\n\nMade by \`npm run bench -- NAME --save\` from \`bench/results/\`. Peers run interleaved in one process. The machine is shared and\nnoisy: ratios hold better than absolute figures.\n\n${sections.join('\n')}`;
}

function table(rows) {
  const lines = rows.map(({ name: what, value, unit, goal, better, met }) => {
    const wanted =
      goal === undefined || goal === null ? '' : `${better === 'lower' ? '≤' : '≥'} ${format(goal)} ${unit}`;
    return `| ${what.replaceAll('|', '\\|')} | ${format(value)} ${unit} | ${wanted} | ${wanted === '' ? '' : met ? 'yes' : 'no'} |`;
  });
  return ['| what | measured | goal | met |', '|---|---|---|---|', ...lines].join('\n');
}

function format(value) {
  if (typeof value !== 'number') return String(value);
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/** Replaces what stands between `<!-- bench: NAME -->` and `<!-- /bench -->`. */
function fillBlocks(text, saved) {
  return text.replaceAll(/<!-- bench: ([\w-]+) -->[\s\S]*?<!-- \/bench -->/g, (block, bench) => {
    const entry = saved.find((candidate) => candidate.bench === bench);
    if (!entry) return block;
    return `<!-- bench: ${bench} -->\n\n${table(entry.results)}\n\nMeasured ${entry.date} by \`npm run bench -- ${bench}\` on ${entry.machine}, Node ${entry.node}.\n\n<!-- /bench -->`;
  });
}
