// The upstream that fails on purpose: `lamp` is paid at once, `flaky` at the third attempt, `broken` never.
import { createServer } from 'node:http';

let attempts = 0;
const server = createServer((request, response) => {
  const fails = request.url === '/broken' || (request.url === '/flaky' && ++attempts % 3 !== 0);
  response.statusCode = fails ? 503 : 200;
  response.end(fails ? 'out of order' : 'paid');
});
server.listen(Number(process.env['PORT'] ?? 4001), '127.0.0.1');
