import { type AppAddresses, createApp } from './app.ts';
import { readConfig, SERVER_HELP } from './config.ts';
import { printable } from './printable.ts';

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(SERVER_HELP);
  process.exit(0);
}

/** An error with a code is one that a person can act on: its message stands alone. Anything else is a bug: all of it. */
function report(error: unknown): void {
  const isExpected = error instanceof Error && typeof (error as { code?: unknown }).code === 'string';
  console.error(isExpected ? `breakwater: ${explain(error as Error & { code: string; port?: number })}` : error);
}

function explain(error: Error & { code: string; port?: number; address?: string }): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${error.port} is taken by another process. Stop that process, or choose another port with --port or --otlp-port.`;
  }
  if (error.code === 'EADDRNOTAVAIL')
    return `This machine has no address ${error.address}. Choose another with --host.`;
  if (error.code === 'EACCES' && error.port !== undefined)
    return `This user may not listen on port ${error.port}. Choose one above 1023.`;
  return error.message;
}

function announce({ pageUrl, otlpUrl, firstLogin }: AppAddresses, dataDir: string): void {
  console.log(`
  Breakwater is ready

  Page    ${pageUrl}
  OTLP    ${otlpUrl}
          export OTEL_EXPORTER_OTLP_ENDPOINT=${otlpUrl}
  Data    ${dataDir}`);
  if (firstLogin === null) return;
  if (firstLogin.ingestKey === null) {
    console.log(`
  The login has a new password, and its sessions have ended. It is shown only now:

  Login   ${firstLogin.user}
          ${firstLogin.password}`);
    return;
  }
  console.log(`
  This server is reachable from other machines, so it demands a login and an ingest key. They are shown only now:

  Login   ${firstLogin.user}
          ${firstLogin.password}
  Key     ${firstLogin.ingestKey}
          export OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20${firstLogin.ingestKey}`);
}

try {
  const config = readConfig(args, process.env);
  const app = createApp(config, {
    log: (line) => console.error(`breakwater: ${printable(line)}`),
    onStep: (step) => console.log(`  ${step} …`),
  });
  const end = (code: number): void => {
    void app.stop().then(() => process.exit(code));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(0));
  process.on('disconnect', () => end(0));
  const addresses = await app.start();
  announce(addresses, config.dataDir);
  process.send?.({ ready: true, pageUrl: addresses.pageUrl, otlpUrl: addresses.localOtlpUrl });
} catch (error) {
  report(error);
  process.exit(1);
}
