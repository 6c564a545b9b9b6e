import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { sendCancel } from './cancel.ts';

/** What `sendCancel` says of a server that does `serve`, and how long it took. */
async function ask(ssl: boolean, serve: (socket: Socket) => void): Promise<{ sent: boolean; tookMs: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {
      // Cut off by the other side.
    });
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const startedAt = performance.now();
  const sent = await sendCancel({ host: '127.0.0.1', port, ssl, processID: 7, secretKey: 9 });
  server.close();
  await once(server, 'close');
  return { sent, tookMs: performance.now() - startedAt };
}

test('H30 a cancel request ends with its connection, also before the server has answered about encryption', async () => {
  const silent = await ask(true, (socket) => socket.once('data', () => socket.end()));
  const refusing = await ask(true, (socket) => socket.once('data', () => socket.end('N')));
  // It says yes and goes before the handshake.
  const leaving = await ask(true, (socket) =>
    socket.once('data', () => {
      socket.write('S');
      socket.once('data', () => socket.destroy());
    }),
  );
  for (const { sent, tookMs } of [silent, refusing, leaving]) {
    assert.equal(sent, false);
    assert.ok(tookMs < 2000, `${tookMs} ms`);
  }
  let got = Buffer.alloc(0);
  const plain = await ask(false, (socket) =>
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
      socket.end();
    }),
  );
  assert.equal(plain.sent, true);
  assert.deepEqual([got.readInt32BE(4), got.readInt32BE(8), got.readInt32BE(12)], [80_877_102, 7, 9]);
});
