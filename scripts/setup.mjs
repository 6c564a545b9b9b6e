// What `npm start` and `npm test` share: install what is missing, find the right Node, build the page.
// Plain JavaScript: runs on the Node that npm runs on, which may be older than the one the project uses.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFolder = join(root, 'node_modules', '.breakwater');

/** The Node 24 that devDependencies bring; the one running this script if that is new enough and the other is missing. */
export function projectNode() {
  const bundled = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(bundled)) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new SetupError(
    `Breakwater needs Node 24 or newer and found ${process.versions.node}. The npm package "node" should have brought it: ` +
      'its install script did not run. Run "npm install" with scripts enabled (npm config get ignore-scripts must print false), then try again.',
  );
}

export class SetupError extends Error {}

/** Flags that make Node 24 run the sources of this workspace directly. */
export const sourceFlags = ['--conditions=@breakwater/source', '--disable-warning=ExperimentalWarning'];

/**
 * Runs `npm ci` unless the installed tree already belongs to this lock file.
 * `scope` 'run' installs what the server, the page and the shop need; 'all' adds every development dependency.
 */
export function ensureInstalled(scope) {
  const wanted = hashOf([join(root, 'package-lock.json')]);
  if (readStamp('installed-all') === wanted) return;
  if (scope === 'run' && readStamp('installed-run') === wanted) return;
  if (treeMatchesLock()) {
    writeStamp('installed-all', wanted);
    return;
  }
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (scope === 'run') {
    args.push(
      '--include-workspace-root',
      '-w',
      '@breakwater/server',
      '-w',
      '@breakwater/web',
      '-w',
      '@breakwater/shop',
    );
  }
  step('Installing dependencies (once for this lock file; about a minute)');
  const done = spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (done.status !== 0) {
    const how = done.status === null ? '' : ` with exit code ${done.status}`;
    throw new SetupError(`"npm ${args.join(' ')}" failed${how}. Its message is above.`);
  }
  rmSync(stampFolder, { recursive: true, force: true });
  writeStamp(scope === 'all' ? 'installed-all' : 'installed-run', wanted);
}

/** True after somebody ran `npm ci` or `npm install` by hand: npm's own record of the tree agrees with the lock file. */
function treeMatchesLock() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages ?? {};
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages ?? {};
  return Object.entries(locked).every(
    ([path, entry]) =>
      !path.includes('node_modules/') ||
      entry.optional ||
      entry.devOptional ||
      installed[path]?.version === entry.version,
  );
}

/** Builds web/dist when a source of the page changed since the last build. */
export function ensurePageBuilt() {
  const web = join(root, 'web');
  const inputs = [
    ...filesUnder(join(web, 'src')),
    join(web, 'index.html'),
    join(web, 'vite.config.ts'),
    join(web, 'package.json'),
    join(root, 'package-lock.json'),
    join(root, 'server', 'src', 'api', 'types.ts'),
  ];
  const wanted = hashOf(inputs.filter((file) => existsSync(file)));
  if (existsSync(join(web, 'dist', 'index.html')) && readStamp('page') === wanted) return;
  step('Building the page');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const built = spawnSync(projectNode(), [vite, 'build', '--logLevel', 'warn'], {
    cwd: web,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status !== 0) throw new SetupError('The page did not build. The message of Vite is above.');
  writeStamp('page', wanted);
}

/** Prints one line of progress. */
export function step(text) {
  process.stdout.write(`  ${text} …\n`);
}

/** Runs a command with inherited output; resolves with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function readStamp(name) {
  const file = join(stampFolder, name);
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : null;
}

function writeStamp(name, value) {
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(join(stampFolder, name), value);
}
