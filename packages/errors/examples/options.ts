// A library's own options, checked where they are given: what is misspelt or wrong is refused, with its name and value.
import { callable, checkOptions, durationMs, oneOf, text, whole } from '@breakwater/errors/options';

interface CacheOptions {
  readonly name: string;
  readonly maxEntries?: number;
  readonly ttlMs?: number;
  readonly whenFull?: 'drop-oldest' | 'refuse';
  readonly onDrop?: (key: string) => void;
}

const RULES = {
  name: text,
  maxEntries: whole(1, 1_000_000),
  ttlMs: durationMs,
  whenFull: oneOf('drop-oldest', 'refuse'),
  onDrop: callable,
};

function createCache(options: CacheOptions): string {
  checkOptions('createCache', options, RULES, ['name']);
  const { name, maxEntries = 1_000 } = options;
  return `${name}: at most ${maxEntries} entries`;
}

// What a caller in JavaScript, or a file of settings, may give.
const given: readonly unknown[] = [
  { name: 'prices', maxEntries: 50, ttlMs: undefined },
  { name: 'prices', maxEntrys: 50 },
  { name: 'prices', ttlMs: '5s' },
  { name: 'prices', whenFull: 'drop' },
  { maxEntries: 50 },
];
for (const options of given) {
  try {
    console.log(createCache(options as CacheOptions));
  } catch (error) {
    const { code, option, message } = error as Error & { code: string; option: string };
    console.log(code, option, '-', message);
  }
}

// Output:
// prices: at most 50 entries
// ERR_BREAKWATER_OPTION createCache.maxEntrys - createCache.maxEntrys: no such option (there are: name, maxEntries, ttlMs, whenFull, onDrop)
// ERR_BREAKWATER_OPTION createCache.ttlMs - createCache.ttlMs: expected a finite number above 0, got "5s"
// ERR_BREAKWATER_OPTION createCache.whenFull - createCache.whenFull: expected one of "drop-oldest", "refuse", got "drop"
// ERR_BREAKWATER_OPTION createCache.name - createCache.name: expected a string that is not empty, got undefined
