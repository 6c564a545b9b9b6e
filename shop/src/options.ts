import { parseArgs } from 'node:util';

export interface ShopOptions {
  readonly requestsPerSecond: number;
  readonly controlPort: number;
  readonly gatewayPort: number;
  readonly scheduleFaults: boolean;
}

export const SHOP_HELP = `The demo shop: gateway, orders and payments, with traffic and faults.

  npm run shop -- [options]                 run the shop
  npm run shop -- fault                     list the faults of a running shop
  npm run shop -- fault NAME on|off [SECONDS]

Options
  --rate N           requests per second (SHOP_RATE, default 8)
  --port N           port of the gateway (SHOP_PORT, default 4100)
  --control-port N   port that switches faults (SHOP_CONTROL_PORT, default 4101)
  --no-faults        start no fault by itself (SHOP_FAULTS=off)
  --help             this text

Telemetry goes to OTEL_EXPORTER_OTLP_ENDPOINT (default http://127.0.0.1:4318).`;

export class OptionError extends Error {}

/** Reads command line and environment. Throws OptionError naming the option and its value. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): ShopOptions {
  let values: { rate?: string; port?: string; 'control-port'?: string; 'no-faults'?: boolean };
  try {
    values = parseArgs({
      args: [...args],
      options: {
        rate: { type: 'string' },
        port: { type: 'string' },
        'control-port': { type: 'string' },
        'no-faults': { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
  return {
    requestsPerSecond: number('--rate', values.rate ?? env['SHOP_RATE'] ?? '8', 0, 1_000, false),
    gatewayPort: number('--port', values.port ?? env['SHOP_PORT'] ?? '4100', 0, 65_535, true),
    controlPort: number(
      '--control-port',
      values['control-port'] ?? env['SHOP_CONTROL_PORT'] ?? '4101',
      0,
      65_535,
      true,
    ),
    scheduleFaults: !(values['no-faults'] ?? env['SHOP_FAULTS'] === 'off'),
  };
}

function number(name: string, text: string, min: number, max: number, whole: boolean): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    throw new OptionError(`${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, and is "${text}"`);
  }
  return value;
}
