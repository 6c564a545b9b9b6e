import { startShop } from './index.ts';
import { OptionError, readOptions, SHOP_HELP } from './options.ts';

const args = process.argv.slice(2);
try {
  if (args.includes('--help')) console.log(SHOP_HELP);
  else if (args[0] === 'fault') await fault(args.slice(1));
  else await runShop();
} catch (error) {
  console.error(`shop: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(error instanceof OptionError ? 2 : 1);
}

async function runShop(): Promise<void> {
  const options = readOptions(args, process.env);
  let stop: () => Promise<void> = async () => undefined;
  let ending = false;
  const end = (code: number): void => {
    if (ending) return;
    ending = true;
    void stop().then(() => process.exit(code));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(0));
  process.on('disconnect', () => end(0));
  const shop = await startShop({ ...options, log: (line) => console.log(line), onServiceExit: () => end(1) });
  stop = shop.stop;
  if (process.send) process.send({ ready: true, gatewayUrl: shop.gatewayUrl, controlUrl: shop.controlUrl });
  else console.log(`Shop: ${shop.gatewayUrl} (faults: ${shop.controlUrl}/faults)`);
}

async function fault([name, state, seconds]: string[]): Promise<void> {
  const control = `http://127.0.0.1:${process.env['SHOP_CONTROL_PORT'] ?? '4101'}`;
  if (name !== undefined && state !== 'on' && state !== 'off')
    throw new OptionError('Usage: npm run shop -- fault NAME on|off [SECONDS]');
  const response = await fetch(
    name === undefined ? `${control}/faults` : `${control}/faults/${encodeURIComponent(name)}`,
    name === undefined
      ? {}
      : {
          method: 'PUT',
          body: JSON.stringify({
            enabled: state === 'on',
            ...(seconds === undefined ? {} : { forSeconds: Number(seconds) }),
          }),
        },
  ).catch((cause: unknown) => {
    throw new Error(`No shop answers at ${control}. Start one with "npm start" or "npm run shop".`, { cause });
  });
  const body = (await response.json()) as {
    message?: string;
    faults?: { name: string; title: string; enabled: boolean }[];
    name?: string;
    enabled?: boolean;
  };
  if (!response.ok) throw new OptionError(body.message ?? `The shop answered ${response.status}`);
  for (const entry of body.faults ?? [{ name: body.name!, title: '', enabled: body.enabled! }]) {
    console.log(`${entry.enabled ? 'on ' : 'off'}  ${entry.name}  ${entry.title}`);
  }
}
