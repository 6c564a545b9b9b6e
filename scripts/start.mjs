// `npm start`: installs what is missing, builds the page, starts the server and the demo shop, and ends both on Ctrl-C.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureInstalled, ensurePageBuilt, projectNode, root, SetupError, sourceFlags, step } from './setup.mjs';

const STOP_TIMEOUT_MS = 30_000;
const children = [];
let ending = null;

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`npm start: ${error.message}`);
  await end(1);
}

async function main(args) {
  const withShop = !args.includes('--no-shop') && !args.includes('--help');
  const serverArgs = args.filter((arg) => arg !== '--no-shop');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));

  ensureInstalled('run');
  ensurePageBuilt();

  // The shop authenticates with a key of its own, so that it also works where the server demands one.
  const shopKey = randomBytes(24).toString('base64url');
  const demo = withShop ? { BREAKWATER_DEMO_INGEST_KEY: shopKey, BREAKWATER_DEMO_URL: shopControlUrl() } : {};
  const server = startChild('server', [join(root, 'server', 'src', 'main.ts'), ...serverArgs], demo);
  const ready = await server.ready;
  if (!ready) return;
  if (withShop) {
    step('Starting the demo shop');
    const shop = startChild('shop', [join(root, 'shop', 'src', 'main.ts')], {
      OTEL_EXPORTER_OTLP_ENDPOINT: ready.otlpUrl,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${shopKey}`,
    });
    const shopReady = await shop.ready;
    if (shopReady) {
      console.log(`\n  Shop    ${shopReady.gatewayUrl}`);
      console.log(
        '          A fault starts by itself 15 s from now. Switch others on the page, or: npm run shop -- fault',
      );
    }
  }
  if (!ending) console.log('\n  Ctrl-C ends everything. Data is kept.\n');
}

function shopControlUrl() {
  return `http://127.0.0.1:${process.env.SHOP_CONTROL_PORT ?? '4101'}`;
}

/** `ready` resolves with the child's first message, or null when it ended before. Its own message says why. */
function startChild(name, args, env) {
  const child = spawn(projectNode(), [...sourceFlags, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A group of its own: Ctrl-C reaches this script only, which then stops the shop before the server.
    detached: true,
  });
  const entry = {
    name,
    child,
    exited: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code: code ?? 1, signal }))),
  };
  children.push(entry);
  const ready = new Promise((resolve) => {
    child.once('message', resolve);
    void entry.exited.then(({ code, signal }) => {
      resolve(null);
      if (!ending) void end(code, endOf(name, code, signal));
    });
  });
  return { ready };
}

/** Why a child ended unasked, or null where it has said so itself. */
function endOf(name, code, signal) {
  if (signal) return `The ${name} was ended by ${signal}. What it had acknowledged is stored; start again to go on.`;
  return name === 'server' ? null : `The ${name} ended unexpectedly with exit code ${code}.`;
}

/** Stops the children, last started first, then ends this process. */
async function end(code, reason = null) {
  ending ??= (async () => {
    if (reason) console.error(`npm start: ${reason}`);
    if (code === 0) console.log('\n  Stopping: storing what is in flight …');
    let worst = code;
    for (const { name, child, exited } of [...children].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      const timer = setTimeout(() => {
        console.error(`npm start: the ${name} did not stop within ${STOP_TIMEOUT_MS / 1000} s and is killed.`);
        child.kill('SIGKILL');
      }, STOP_TIMEOUT_MS);
      const { code: childCode } = await exited;
      clearTimeout(timer);
      worst ||= childCode;
    }
    process.exit(worst);
  })();
  await ending;
}
