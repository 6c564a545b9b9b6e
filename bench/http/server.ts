// One service of the http bench, in a process of its own: `server.ts FRAMEWORK bare|edge`. Sends its port to the parent,
// and its CPU time whenever the parent asks.
import { createLogger } from '@breakwater/log';
import { fileSink } from '@breakwater/log/file';
import { apps } from '../../packages/http/src/conformance/apps.ts';
import { createEdge } from '../../packages/http/src/edge.ts';

const [framework = '', variant] = process.argv.slice(2);
const log = createLogger({ service: 'bench', sinks: [fileSink({ path: '/dev/null' })] });
const start = apps[framework];
if (start === undefined) throw new Error(`No framework ${framework}`);
const app = await start(variant === 'edge' ? createEdge({ log }) : undefined);

process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit());
process.send?.(app.port);
