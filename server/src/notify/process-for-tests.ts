/**
 * A server that opens an incident and, with `deliver`, tries to tell of it; then it waits to be killed.
 * Arguments: path of the state, URL of the receiver, `deliver` or `hold`. Prints `written` when the incident is durable.
 */
import { createTelemetryForTests } from '../alerts/telemetry-for-tests.ts';
import { createDetector } from '../detector.ts';
import { openState } from '../state/state.ts';

const [path = '', url = '', mode] = process.argv.slice(2);
const state = openState(path);
const store = createTelemetryForTests();
const detector = createDetector({ state, store, log: () => undefined, deliveryTimeoutMs: 60_000 });
detector.receivers.create({ name: 'stub', type: 'webhook', enabled: true, url });
store.errors(Date.now() - 1_000, 20);
await detector.evaluateNow();
process.stdout.write('written\n');
if (mode === 'deliver') await detector.deliverNow();
setInterval(() => undefined, 60_000);
