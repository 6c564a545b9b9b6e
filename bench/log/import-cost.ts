import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { median, round } from './figures.ts';

/**
 * What a service ships and loads. "Own code" is the main entry, bundled without the packages it depends on; each other
 * entry is what it adds to that. "Import" is one file, the main entry with all it depends on, as a service that bundles
 * has it; "as installed" is the packages as they are published, beside pino's as npm installs it.
 */
export function importCost(folder: string): object[] {
  const packages = join(import.meta.dirname, '../../packages');
  const { exports } = JSON.parse(readFileSync(join(packages, 'log/package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly '@breakwater/source': string }>>;
  };
  const out: object[] = [];
  const bundle = (name: string, entries: readonly string[], ...args: readonly string[]): string => {
    const path = join(folder, `${name}.mjs`);
    const files = entries.map((entry) => join(packages, 'log', exports[entry]!['@breakwater/source']));
    execFileSync(
      join(import.meta.dirname, '../../node_modules/.bin/esbuild'),
      [
        ...['--bundle', '--minify', '--platform=node', '--format=esm', '--log-level=error', `--outfile=${path}`],
        ...['--conditions=@breakwater/source', '--external:@opentelemetry/api', ...args],
      ],
      {
        input: files.map((file, index) => `export * as e${index} from ${JSON.stringify(file)};`).join(''),
        cwd: packages,
      },
    );
    return path;
  };
  const size = (path: string): number => gzipSync(readFileSync(path)).length / 1000;
  const own = size(bundle('own', ['.'], '--external:@breakwater/*'));
  const whole = bundle('whole', ['.']);
  out.push({ name: 'own code, gzipped', value: round(own), unit: 'kB', goal: 10, better: 'lower', met: own <= 10 });
  out.push({ name: 'with redact and errors, gzipped', value: round(size(whole)), unit: 'kB', better: 'lower' });
  console.log(`\ngzipped: own code ${own.toFixed(1)} kB, with redact and errors ${size(whole).toFixed(1)} kB`);
  for (const entry of Object.keys(exports)) {
    if (entry === '.') continue;
    const added = size(bundle(entry.slice(2), ['.', entry], '--external:@breakwater/*')) - own;
    console.log(`  ${entry.slice(1)} adds ${added.toFixed(1)} kB`);
    out.push({ name: `${entry.slice(1)} adds, gzipped`, value: round(added), unit: 'kB', better: 'lower' });
  }
  const probe = (target: string, cwd: string): number => {
    const script = `await import("node:fs");const a=process.cpuUsage();await import(${JSON.stringify(target)});const b=process.cpuUsage(a);console.log((b.user+b.system)/1000)`;
    const env = { ...process.env, NODE_OPTIONS: '' };
    const times = Array.from({ length: 9 }, () =>
      Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, cwd, encoding: 'utf8' })),
    );
    return median(times);
  };
  const cpu = probe(whole, folder);
  out.push({ name: 'import, everything', value: round(cpu), unit: 'ms CPU', goal: 8, better: 'lower', met: cpu <= 8 });
  const installed = probe('@breakwater/log', install(packages, folder));
  const pinoCpu = probe('pino', import.meta.dirname);
  out.push({ name: 'import as installed', value: round(installed), unit: 'ms CPU', better: 'lower' });
  out.push({ name: 'import of pino as installed', value: round(pinoCpu), unit: 'ms CPU', better: 'lower' });
  console.log(
    `import: bundled ${cpu.toFixed(1)} ms CPU, as installed ${installed.toFixed(1)} ms, pino as installed ${pinoCpu.toFixed(1)} ms`,
  );
  return out;
}

/** The packages as npm would install them, built by the commands their package.json has. Returns the folder to import from. */
function install(packages: string, folder: string): string {
  const bin = join(import.meta.dirname, '../../node_modules/.bin');
  for (const name of ['redact', 'errors', 'log']) {
    const from = join(packages, name);
    const to = join(folder, 'node_modules/@breakwater', name);
    mkdirSync(to, { recursive: true });
    cpSync(join(from, 'package.json'), join(to, 'package.json'));
    const { scripts } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as { scripts: { build: string } };
    const [, command = ''] = scripts.build.split(' && ');
    const [tool, ...args] = command.split(' ');
    if (tool !== 'esbuild') throw new Error(`${name} is not built by esbuild any more`);
    const kept = args.filter((arg) => !arg.startsWith('--outdir='));
    execFileSync(join(bin, tool), [...kept, `--outdir=${join(to, 'dist')}`, '--log-level=error'], { cwd: from });
  }
  return folder;
}
