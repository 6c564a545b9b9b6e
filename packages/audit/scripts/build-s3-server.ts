// Builds versitygw, an S3 server, with Go; src/stores/s3-server.slow.test.ts runs against it from then on.
// npm run build:s3-server -w @breakwater/audit
import { goTool, VERSITYGW } from './go-tool.ts';

const path = goTool(VERSITYGW);
console.log(path);
process.exitCode = path.startsWith('skip: ') ? 1 : 0;
