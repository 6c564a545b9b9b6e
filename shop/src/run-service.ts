import { setActiveFaults } from './faults/active.ts';
import type { Log } from './log.ts';
import { type Route, startService } from './service.ts';
import { startTelemetry } from './telemetry.ts';

/** Environment variables by which the launcher tells a service where its peers are. */
export function peerUrl(variable: string): string {
  const url = process.env[variable];
  if (!url || !URL.canParse(url))
    throw new Error(`${variable} must be the URL of a peer, and is ${url ? `"${url}"` : 'not set'}`);
  return url;
}

/** Runs one service in this process: telemetry, server, faults by message, clean end on SIGTERM or when the launcher dies. */
export async function runService(name: string, createRoutes: (log: Log) => readonly Route[]): Promise<void> {
  const stopTelemetry = startTelemetry(name);
  const service = await startService(name, Number(process.env['PORT'] ?? 0), createRoutes);
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await service.stop();
    await stopTelemetry();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  // Ctrl-C reaches every process of the terminal's group; the launcher decides the order in which they end.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => void stop());
  process.on('message', (message: { faults?: unknown[] }) => {
    if (Array.isArray(message?.faults)) setActiveFaults(message.faults);
  });
  process.send?.({ ready: true, port: service.port });
}
