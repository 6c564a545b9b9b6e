import { InvalidInputError, shown } from './refusals.ts';

/**
 * Reads the fields of untrusted JSON. Each method throws `InvalidInputError` naming the field and the value that is
 * wrong with it. Call `end` last: it refuses fields nobody asked for, which finds misspelt names.
 */
export interface InputReader {
  has(name: string): boolean;
  /** Trimmed text. */
  text(name: string, limits: { min: number; max: number }): string;
  number(name: string, limits: { above?: number; min?: number; max: number; below?: number }): number;
  integer(name: string, limits: { min: number; max: number }): number;
  boolean(name: string): boolean;
  oneOf<const T extends string>(name: string, values: readonly T[]): T;
  /** An absolute http or https URL without user and password. */
  httpUrl(name: string): string;
  object(name: string): InputReader;
  end(): void;
}

const MAX_URL_CHARACTERS = 2_000;

/** `path` is put before the names of fields in messages. */
export function createInputReader(input: unknown, path = ''): InputReader {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const what = path === '' ? 'the input' : path;
    throw new InvalidInputError(path, `${what} must be an object, got ${shown(input)}`);
  }
  const fields = new Map<string, unknown>(Object.entries(input));
  const asked = new Set<string>();
  const nameOf = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const refuse = (name: string, must: string): never => {
    const given = fields.get(name) !== undefined ? `got ${shown(fields.get(name))}` : 'it is missing';
    throw new InvalidInputError(nameOf(name), `${nameOf(name)} must be ${must}, ${given}`);
  };
  const value = (name: string): unknown => {
    asked.add(name);
    return fields.get(name);
  };

  const reader: InputReader = {
    has(name) {
      asked.add(name);
      return fields.get(name) !== undefined;
    },
    text(name, { min, max }) {
      const raw = value(name);
      const length = min === 0 ? `at most ${max} characters` : `${min} to ${max} characters`;
      if (typeof raw !== 'string') return refuse(name, `text of ${length}`);
      const trimmed = raw.trim();
      if (trimmed.length < min || trimmed.length > max || !trimmed.isWellFormed())
        return refuse(name, `text of ${length}`);
      return trimmed;
    },
    number(name, { above, min, max, below }) {
      const raw = value(name);
      const low = above !== undefined ? `above ${above}` : min !== undefined ? `at least ${min}` : 'finite';
      const must = `a number ${low} and ${below !== undefined ? `below ${below}` : `at most ${max}`}`;
      if (typeof raw !== 'number' || !Number.isFinite(raw)) return refuse(name, must);
      const fits =
        (above === undefined || raw > above) &&
        (min === undefined || raw >= min) &&
        raw <= max &&
        (below === undefined || raw < below);
      return fits ? raw : refuse(name, must);
    },
    integer(name, { min, max }) {
      const raw = value(name);
      const must = `a whole number from ${min} to ${max}`;
      if (typeof raw !== 'number' || !Number.isInteger(raw) || raw < min || raw > max) return refuse(name, must);
      return raw;
    },
    boolean(name) {
      const raw = value(name);
      return typeof raw === 'boolean' ? raw : refuse(name, 'true or false');
    },
    oneOf(name, values) {
      const raw = value(name);
      const found = values.find((candidate) => candidate === raw);
      return found ?? refuse(name, `one of ${values.join(', ')}`);
    },
    httpUrl(name) {
      const raw = value(name);
      const must = 'an http or https URL without user and password';
      if (typeof raw !== 'string' || raw.length > MAX_URL_CHARACTERS) return refuse(name, must);
      const url = URL.canParse(raw) ? new URL(raw) : undefined;
      if (url !== undefined && (url.username !== '' || url.password !== '')) {
        // Not shown: the value holds a password.
        throw new InvalidInputError(nameOf(name), `${nameOf(name)} must be ${must}`);
      }
      if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return refuse(name, must);
      return url.href;
    },
    object(name) {
      return createInputReader(value(name), nameOf(name));
    },
    end() {
      for (const name of fields.keys()) {
        if (asked.has(name)) continue;
        const known = [...asked].join(', ');
        throw new InvalidInputError(nameOf(name), `${shown(nameOf(name))} is no known field; the fields are ${known}`);
      }
    },
  };
  return reader;
}
