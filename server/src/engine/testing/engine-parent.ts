/** Starts an engine in the folder given as argument and says who it is: for tests that kill its parent. */
import { startEngine } from '../engine.ts';

const engine = await startEngine({ dataDir: process.argv[2] as string, log: () => {} });
process.send?.({ pid: engine.pid, url: engine.url });
