import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** What is needed of a client of `pg` to cancel what it runs. */
export interface CancelTarget {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly ssl?: unknown;
  readonly processID?: number | null | undefined;
  readonly secretKey?: number | null | undefined;
}

const CANCEL_CODE = 80_877_102;
const SSL_CODE = 80_877_103;
const LIMIT_MS = 5000;

/**
 * Asks the server to cancel what a connection runs: the protocol's CancelRequest, over a connection of its own, encrypted
 * where the client's is. Resolves with whether it could be sent; the server never says what came of it. Never rejects.
 */
export function sendCancel(target: CancelTarget): Promise<boolean> {
  const { host, port, processID, secretKey } = target;
  if (typeof host !== 'string' || typeof port !== 'number') return Promise.resolve(false);
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return Promise.resolve(false);
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(CANCEL_CODE, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  return new Promise((resolve) => {
    const sockets: Socket[] = [];
    let sent = false;
    const finish = (done: boolean): void => {
      clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      resolve(done);
    };
    const watch = (socket: Socket): Socket => {
      sockets.push(socket);
      // Cut off after the limit or refused: the statement goes on until the server sees that its client is gone.
      // The server closes when it has passed the request on: only then may the connection go. Or before it was sent.
      return socket.on('error', () => finish(false)).on('close', () => finish(sent));
    };
    const send = (socket: Socket): void => {
      sent = true;
      socket.resume();
      socket.write(message);
    };
    const timer = setTimeout(() => finish(false), LIMIT_MS);
    timer.unref();
    const plain = watch(host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host));
    if (!target.ssl) {
      plain.once('connect', () => send(plain));
      return;
    }
    plain.once('connect', () => {
      const request = Buffer.alloc(8);
      request.writeInt32BE(8, 0);
      request.writeInt32BE(SSL_CODE, 4);
      plain.write(request);
      plain.once('data', (answer) => {
        if (answer.toString('latin1') !== 'S') {
          finish(false);
          return;
        }
        const given = typeof target.ssl === 'object' ? (target.ssl as ConnectionOptions) : {};
        const name = isIP(host) === 0 ? { servername: host } : {};
        const secure = watch(connectTls({ ...name, ...given, socket: plain }));
        secure.once('secureConnect', () => send(secure));
      });
    });
  });
}
