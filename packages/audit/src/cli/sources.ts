import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLimited } from '../response-body.ts';
import type { TrailSource } from '../verify/source.ts';

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** A trail in a directory, or behind a web server where the text begins with http:// or https://. */
export function openSource(text: string): TrailSource {
  return /^https?:\/\//.test(text) ? urlSource(text) : directorySource(text);
}

function directorySource(directory: string): TrailSource {
  return {
    description: `The directory ${directory}`,
    async read(path) {
      try {
        // This program and its processes have nothing else to do meanwhile, and this way costs less time.
        return readFileSync(join(directory, path));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return null;
        throw error;
      }
    },
  };
}

function urlSource(base: string): TrailSource {
  return {
    description: base,
    async read(path) {
      const url = `${base.replace(/\/$/, '')}/${path}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
      if (response.status === 404 || response.status === 410) {
        await response.body?.cancel();
        return null;
      }
      if (!response.ok) {
        await response.body?.cancel();
        throw new Error(`${url} answered ${response.status} ${response.statusText}`);
      }
      return readLimited(response, MAX_FILE_BYTES, url);
    },
  };
}
