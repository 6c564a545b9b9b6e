// `node --import @breakwater/node/register app.js`: start() before the first line of the program, from the environment.
import { ConfigError } from './config/config-error.ts';
import { start } from './start.ts';

try {
  start();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  // The mistakes are the whole story; a stack trace would bury them.
  process.stderr.write(`@breakwater/node: ${error.message}\n`);
  process.exit(1);
}
