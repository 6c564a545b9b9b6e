// `npm test`: installs what is missing, then runs every test and ends with the totals.
// `npm test -- --unit`: unit tests only. `npm test -- FILE…`: those files only.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, ensurePageBuilt, projectNode, root, SetupError, sourceFlags, step } from './setup.mjs';

const slowPattern = /\.slow\.test\.ts$/;
/** What slow tests start, by the Debian package that brings it. */
const servers = [
  { package: 'chromium', isThere: () => existsSync('/usr/bin/chromium') },
  { package: 'redis-server', isThere: () => existsSync('/usr/bin/redis-server') },
  {
    package: 'postgresql',
    isThere: () =>
      existsSync('/usr/lib/postgresql') &&
      readdirSync('/usr/lib/postgresql').some((version) => existsSync(`/usr/lib/postgresql/${version}/bin/initdb`)),
  },
];
const totals = { pass: 0, fail: 0, skipped: 0 };

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`npm test: ${error.message}`);
  process.exitCode = 1;
}

async function main(args) {
  if (args.includes('--help')) {
    console.log(
      'npm test [-- --unit | FILE…]\n\n  --unit   fast tests only, in one process\n  FILE…    these test files only',
    );
    return 0;
  }
  ensureInstalled('all');
  const named = args.filter((arg) => !arg.startsWith('--'));
  const unitOnly = args.includes('--unit');
  const files = named.length > 0 ? named : findTests();
  const unit = files.filter((file) => !slowPattern.test(file));
  const slow = unitOnly ? [] : files.filter((file) => slowPattern.test(file));

  const skipped = [];
  if (slow.length > 0) {
    ensurePageBuilt();
    skipped.push(...ensureServers());
  }

  let failed = false;
  if (named.length === 0 && !unitOnly) failed = !(await runPageTests()) || failed;
  if (unit.length > 0) {
    step(`Unit tests (${unit.length} files)`);
    failed = !(await runNodeTests(['--test-isolation=none'], unit)) || failed;
  }
  if (slow.length > 0) {
    step(`Tests that start servers and processes (${slow.length} files)`);
    failed = !(await runNodeTests(['--test-concurrency=2'], slow)) || failed;
  }
  for (const line of skipped) console.log(line);
  console.log(`${totals.pass} passed, ${totals.fail} failed, ${totals.skipped} skipped`);
  return failed || totals.fail > 0 ? 1 : 0;
}

function findTests() {
  return ['packages', 'server/src', 'shop/src', 'tests']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .sort();
}

/** Installs from Debian what is missing, where this process may. Answers one line for each that stays missing, and why. */
function ensureServers() {
  const missing = servers.filter((server) => !server.isThere()).map((server) => server.package);
  if (missing.length === 0) return [];
  const skipped = (why) => missing.map((name) => `Tests that need ${name} are skipped: ${why}`);
  if (process.getuid?.() !== 0)
    return skipped(`this user may not install it. Run "sudo apt-get install ${missing.join(' ')}".`);
  if (spawnSync('which', ['apt-get']).status !== 0) return skipped('this system has no apt-get.');
  step(`Installing ${missing.join(', ')} from Debian`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
  ]) {
    const done = spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    if (done.status !== 0) return skipped(`"apt-get ${args.join(' ')}" failed with exit code ${done.status}.`);
  }
  return servers
    .filter((server) => !server.isThere())
    .map(
      (server) =>
        `Tests that need ${server.package} are skipped: apt-get installed it, and it is not where it should be.`,
    );
}

async function runPageTests() {
  step('Tests of the page');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { code, output } = await runCaptured(projectNode(), [vitest, 'run'], join(root, 'web'));
  const line = /Tests\s+(?:(\d+) failed \| )?(\d+) passed/.exec(stripColours(output));
  totals.fail += Number(line?.[1] ?? (code === 0 ? 0 : 1));
  totals.pass += Number(line?.[2] ?? 0);
  return code === 0;
}

async function runNodeTests(flags, files) {
  const args = [...sourceFlags, '--test', '--test-reporter=spec', '--test-timeout=300000', ...flags, ...files];
  const { code, output } = await runCaptured(projectNode(), args, root);
  for (const [, name, count] of stripColours(output).matchAll(/^ℹ (pass|fail|skipped) (\d+)$/gm))
    totals[name] += Number(count);
  return code === 0;
}

function runCaptured(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '--conditions=@breakwater/source' },
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

function stripColours(text) {
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
}
