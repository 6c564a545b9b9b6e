import { setActiveFaults } from './faults/active.ts';
import type { Log } from './log.ts';
import { type Route, startService } from './service.ts';
import { startTelemetry } from './telemetry.ts';

const peers = new Map<string, string>();

/** The address of a peer, as the launcher told it once every service listened. */
export function peerUrl(name: string): string {
  const url = peers.get(name);
  if (url === undefined) throw new Error(`Nobody told this service where "${name}" is`);
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
  process.on('message', (message: { faults?: unknown[]; peers?: Record<string, string> }) => {
    if (Array.isArray(message.faults)) setActiveFaults(message.faults);
    for (const [peer, url] of Object.entries(message.peers ?? {})) peers.set(peer, url);
    if (message.peers) process.send?.({ peersKnown: true });
  });
  process.send?.({ ready: true, port: service.port });
}
