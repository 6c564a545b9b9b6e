import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createFaultControl, type FaultControl, serveFaultControl } from './faults/control.ts';
import { startFaultSchedule } from './faults/schedule.ts';
import type { ShopOptions } from './options.ts';
import { startProvider } from './payments/provider.ts';
import { startTraffic } from './traffic/traffic.ts';

export interface Shop {
  readonly gatewayUrl: string;
  readonly controlUrl: string;
  readonly faults: FaultControl;
  /** Stops traffic, then the services (each sends its telemetry first), then the control port. */
  stop(): Promise<void>;
}

interface ServiceProcess {
  readonly name: string;
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts the three services as processes of their own, the payment provider, the traffic and the control port. */
export async function startShop(
  options: ShopOptions & { log: (line: string) => void; onServiceExit?: (name: string) => void },
): Promise<Shop> {
  const processes: ServiceProcess[] = [];
  let stopping = false;
  const faults = createFaultControl((enabled) => {
    for (const { child } of processes) if (child.connected) child.send({ faults: enabled });
  });
  const provider = await startProvider(() => faults.enabled().includes('payment-provider-timeout'), Math.random);

  const start = async (name: string, port: number): Promise<ServiceProcess> => {
    const started = await startServiceProcess(name, port, (code) => {
      if (stopping) return;
      options.log(`The ${name} service ended unexpectedly with exit code ${code}`);
      options.onServiceExit?.(name);
    });
    processes.push(started);
    return started;
  };
  try {
    const control = await serveFaultControl(faults, options.controlPort);
    const [payments, orders, gateway] = await Promise.all([
      start('payments', 0),
      start('orders', 0),
      start('gateway', options.gatewayPort),
    ]);
    await Promise.all([
      tellPeers(payments, { provider: `http://127.0.0.1:${provider.port}` }),
      tellPeers(orders, { payments: payments.url }),
      tellPeers(gateway, { orders: orders.url }),
    ]);
    const traffic = startTraffic({
      gatewayUrl: gateway.url,
      requestsPerSecond: options.requestsPerSecond,
      random: Math.random,
    });
    const stopSchedule = options.scheduleFaults
      ? startFaultSchedule(faults, (title) =>
          options.log(`Fault: ${title.toLowerCase()} (starts by itself, ends after 20 s)`),
        )
      : () => undefined;
    return {
      gatewayUrl: gateway.url,
      controlUrl: `http://127.0.0.1:${control.port}`,
      faults,
      async stop() {
        stopping = true;
        stopSchedule();
        faults.close();
        for (const { child } of processes) if (child.connected) child.send({ faults: [] });
        await traffic.stop();
        for (const { child } of [gateway, orders, payments]) await stopProcess(child);
        await Promise.all([control.stop(), provider.stop()]);
      },
    };
  } catch (error) {
    stopping = true;
    await Promise.all(processes.map(({ child }) => stopProcess(child)));
    await provider.stop();
    throw error;
  }
}

async function startServiceProcess(
  name: string,
  port: number,
  onExit: (code: number | null) => void,
): Promise<ServiceProcess> {
  const file = fileURLToPath(new URL(`./${name}/main.ts`, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=@breakwater/source', '--disable-warning=ExperimentalWarning', file],
    {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    },
  );
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-4_000);
    process.stderr.write(chunk);
  });
  const listening = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(startFailure(name, code, errors, port))));
    child.once('message', (message: { port: number }) => resolve(message.port));
  });
  child.removeAllListeners('exit');
  child.once('exit', onExit);
  return { name, child, url: `http://127.0.0.1:${listening}` };
}

/** Resolves when the service knows its peers: no request reaches it before. */
function tellPeers({ name, child }: ServiceProcess, peers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`The ${name} service ended with exit code ${code}`));
    child.once('exit', onExit);
    child.once('message', () => {
      child.off('exit', onExit);
      resolve();
    });
    child.send({ peers });
  });
}

function startFailure(name: string, code: number | null, errors: string, port: number): string {
  if (errors.includes('EADDRINUSE'))
    return `Port ${port} for the shop's ${name} service is taken. Choose another with SHOP_PORT.`;
  return `The ${name} service did not start (exit code ${code}). Its message is above.`;
}

function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
