import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { FromChild, ToChild } from './ipc.ts';

/**
 * Accepted connections on their way to the engine process. One at a time, kept open here until the child says it has
 * it: what Node itself queues for a process that then dies is never closed, and the client would wait for ever.
 */
export interface HandOver {
  /** A paused socket. It waits until there is a process to take it. */
  add(socket: Socket): void;
  /** From now on sockets go to this process, until it ends. */
  to(child: ChildProcess): void;
  /** Closes what waits. */
  close(): void;
}

export function createHandOver(): HandOver {
  const waiting = new Set<Socket>();
  let child: ChildProcess | undefined;
  let underWay: Socket | undefined;

  function next(): void {
    const [socket] = waiting;
    if (child === undefined || underWay !== undefined || socket === undefined) {
      return;
    }
    waiting.delete(socket);
    underWay = socket;
    // Failures need no handling here: the process has ended or is about to, and its end is.
    child.send({ type: 'connection' } satisfies ToChild, socket, { keepOpen: true }, () => {});
  }

  return {
    add(socket) {
      waiting.add(socket);
      socket.once('close', () => waiting.delete(socket));
      // An error closes the socket as well; without a listener it would end the server.
      socket.on('error', () => {});
      next();
    },
    to(taker) {
      child = taker;
      taker.on('message', (message: FromChild) => {
        if (message.type === 'taken') {
          underWay?.destroy();
          underWay = undefined;
          next();
        }
      });
      taker.once('exit', () => {
        child = undefined;
        // It may have read from it already.
        underWay?.destroy();
        underWay = undefined;
      });
      next();
    },
    close() {
      for (const socket of waiting) {
        socket.destroy();
      }
    },
  };
}
