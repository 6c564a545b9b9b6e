import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Where the bodies of inserts are written. A memory file system when there is one with room, else the data directory. */
export interface BodyFiles {
  /**
   * Writes everything the chunks and the stream bring to a new file and returns its path. Nothing is left behind when
   * it rejects.
   */
  write(first: Uint8Array, rest: Readable | undefined, gzip: boolean): Promise<string>;
  remove(path: string): Promise<void>;
  /** Removes the folders. */
  close(): Promise<void>;
}

const MIN_FREE_BYTES = 256 * 1024 * 1024;

/** `memoryDir` '': the disk only. Both folders are made, must not exist before, and are readable by this user only. */
export async function openBodyFiles(options: {
  readonly diskDir: string;
  readonly memoryDir: string;
}): Promise<BodyFiles> {
  await mkdir(options.diskDir, { mode: 0o700 });
  const memoryParent = dirname(options.memoryDir);
  const memoryUsable =
    options.memoryDir !== '' &&
    (await isUsable(memoryParent)) &&
    (await mkdir(options.memoryDir, { mode: 0o700 }).then(
      () => true,
      // Somebody else's folder of that name, or no right to make one: the disk serves as well, only slower.
      () => false,
    ));
  let next = 0;
  return {
    async write(first, rest, gzip) {
      const folder =
        memoryUsable && (await freeBytes(memoryParent)) >= MIN_FREE_BYTES ? options.memoryDir : options.diskDir;
      const path = join(folder, `${next++}`);
      try {
        const file = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: 4 * 1024 * 1024 });
        if (rest === undefined) {
          await pipeline([first], file);
        } else if (gzip) {
          await pipeline(prepend(first, rest), createGunzip(), file);
        } else {
          await pipeline(prepend(first, rest), file);
        }
        return path;
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    async remove(path) {
      await rm(path, { force: true });
    },
    async close() {
      await rm(options.diskDir, { recursive: true, force: true });
      if (memoryUsable) {
        await rm(options.memoryDir, { recursive: true, force: true });
      }
    },
  };
}

async function isUsable(folder: string): Promise<boolean> {
  return (
    (await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    )) && (await freeBytes(folder)) >= MIN_FREE_BYTES
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function* prepend(first: Uint8Array, rest: Readable): AsyncGenerator<Uint8Array> {
  if (first.length > 0) {
    yield first;
  }
  yield* rest;
}
