/** Where a ClickHouse server is and how to log in, as `openStore` takes it. */
export interface StoreAddress {
  /** Without user and password, so that no message that shows it shows them. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database?: string;
}

/**
 * Reads `http(s)://user:password@host:port/database`; user `default`, no password and database `breakwater` where they
 * are missing. Returns what is wrong with it as a text without the user and the password.
 */
export function readClickhouseUrl(text: string): StoreAddress | string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) return 'must be an http or https URL';
  const url = new URL(text);
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (username === null || password === null) {
    return 'has a % in its user or password that is none of an encoded character: write it as %25';
  }
  const database = url.pathname.replace(/^\/|\/$/g, '');
  if (database !== '' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(database)) {
    return `must end with a database name of letters, digits and underscores, and ends with "/${database}"`;
  }
  if (url.search !== '' || url.hash !== '') return 'must not hold a query or a fragment after the database';
  return {
    url: url.origin,
    username: username || 'default',
    password,
    ...(database === '' ? {} : { database }),
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
