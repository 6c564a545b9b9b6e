/** What the supervisor and the engine process say to each other. */

/** Sessions for SELECT and the like, and for everything that writes. Two more threads than cores keep both busy. */
export const READERS = 4;
export const WRITERS = 4;

export interface StartMessage {
  readonly type: 'start';
  readonly dataDir: string;
  readonly username: string;
  readonly password: string;
  readonly connectionArgs: readonly string[];
  /** A folder on a memory file system, or ''. */
  readonly memoryParent: string;
  /** Names this start's own folder there. */
  readonly instance: string;
}

/** `connection` brings a socket. `stop` ends the process after what is being written has been written. */
export type ToChild = StartMessage | { readonly type: 'connection' } | { readonly type: 'stop' };

export type FromChild =
  | { readonly type: 'ready' }
  /** The connection has arrived, or its client was gone already. */
  | { readonly type: 'taken' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'log'; readonly line: string };
