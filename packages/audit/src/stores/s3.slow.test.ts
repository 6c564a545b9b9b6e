import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, afterEach, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { isAuditError } from '../errors.ts';
import { generateSigner } from '../note.ts';
import { authentication } from '../presets.ts';
import { openTrail } from '../trail.ts';
import { storeContract } from './contract.ts';
import { type S3StoreOptions, s3Store } from './s3.ts';
import { signRequest } from './sigv4.ts';

const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' };
const objects = new Map<string, Buffer>();
/** Answers that are to be lost: the request is done, and the connection ends. */
let loseAnswersTo: string | null = null;
/** What a server that behaves otherwise answers instead; undefined for the usual answer. */
let instead: ((request: IncomingMessage, url: URL) => Answer | undefined) | null = null;
let ignoredHeader: string | null = null;
let server: Server;
let endpoint: string;

interface Answer {
  readonly status: number;
  readonly body?: Buffer | string;
  readonly tag?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** As much of S3 as the store uses: signatures, conditions, listing in pages of two. Not a real S3. */
async function answer(request: IncomingMessage): Promise<Answer> {
  const body = await buffer(request);
  const url = new URL(request.url!, endpoint);
  const names = /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const dated = String(request.headers['x-amz-date']).replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z');
  const own = ['host', 'x-amz-content-sha256', 'x-amz-date'];
  const headers = Object.fromEntries(
    names.filter((name) => !own.includes(name)).map((name) => [name, String(request.headers[name])]),
  );
  const expected = signRequest(
    { method: request.method!, url, headers, body },
    credentials,
    'eu-test-1',
    new Date(dated),
  );
  if (expected['authorization'] !== request.headers.authorization)
    return { status: 403, body: '<Code>SignatureDoesNotMatch</Code>' };
  const other = instead?.(request, url);
  if (other !== undefined) return other;
  if (ignoredHeader !== null) delete request.headers[ignoredHeader];
  const tagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
  if (url.searchParams.get('list-type') === '2') {
    const start = url.searchParams.get('continuation-token') ?? '';
    const prefix = `/bucket/${url.searchParams.get('prefix')}`;
    const found = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > start).sort();
    const page = found.slice(0, 2);
    const next = found.length > 2 ? `<NextContinuationToken>${escapeXml(page.at(-1)!)}</NextContinuationToken>` : '';
    return { status: 200, body: `${page.map((key) => `<Key>${escapeXml(key.slice(8))}</Key>`).join('')}${next}` };
  }
  const key = decodeURIComponent(url.pathname);
  const stored = objects.get(key);
  if (request.method === 'GET')
    return stored === undefined ? { status: 404 } : { status: 200, body: stored, tag: tagOf(stored) };
  if (request.method === 'DELETE') {
    objects.delete(key);
    return { status: 204 };
  }
  if (request.headers['if-none-match'] === '*' && stored !== undefined) return { status: 412 };
  const match = request.headers['if-match'];
  if (match !== undefined && (stored === undefined || tagOf(stored) !== match)) return { status: 412 };
  objects.set(key, body);
  return { status: 200, tag: tagOf(body) };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&#62;');
}

function open(prefix: string, more: Partial<S3StoreOptions> = {}): ReturnType<typeof s3Store> {
  return s3Store({ endpoint, region: 'eu-test-1', bucket: 'bucket', prefix, credentials, ...more });
}

test('R26: requests are signed as the example in the S3 documentation', () => {
  const signed = signRequest(
    {
      method: 'GET',
      url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
      headers: { range: 'bytes=0-9' },
      body: new Uint8Array(0),
    },
    { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    'us-east-1',
    new Date('2013-05-24T00:00:00Z'),
  );
  assert.match(signed['authorization']!, /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/);
});

describe('S3', () => {
  before(async () => {
    server = createServer((request, response) => {
      answer(request).then(
        ({ status, body = '', tag, headers = {} }) => {
          if (loseAnswersTo !== null && request.url!.includes(loseAnswersTo) && request.method === 'PUT')
            response.destroy();
          else response.writeHead(status, { ...headers, ...(tag === undefined ? {} : { etag: tag }) }).end(body);
        },
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    loseAnswersTo = null;
    instead = null;
    ignoredHeader = null;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  let places = 0;
  storeContract('S3', async () => {
    places += 1;
    const prefix = `place ${places}/`;
    return { open: () => open(prefix) };
  });

  const signer = generateSigner('audit.example.com/s3');
  const login = authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' });

  test('R27: a batch whose answer was lost is undone, and its index goes to the next one', async () => {
    const trail = await openTrail({ store: open('lost/'), signer });
    loseAnswersTo = '/lost/journal/';
    await assert.rejects(trail.append(login), (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED'));
    assert.ok(
      [...objects.keys()].some((key) => key.includes('/lost/journal/')),
      'the batch is there all the same',
    );
    loseAnswersTo = null;
    const { index } = await trail.append({ ...login, actor: { id: 'b' } }, 'published');
    assert.equal(index, 0);
    assert.equal((await trail.entry(0)).actor.id, 'b');
    await trail.close();
  });

  test('R27: a checkpoint whose answer was lost is no conflict', async () => {
    const trail = await openTrail({ store: open('point/'), signer });
    await trail.append(login);
    loseAnswersTo = '/point/checkpoint';
    await assert.rejects(trail.publish(), (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED'));
    loseAnswersTo = null;
    await trail.close();
  });

  test('R22: a writer that was taken over cannot fork the trail', async () => {
    const first = await openTrail({ store: open('two/'), signer });
    await first.append(login, 'published');
    await assert.rejects(openTrail({ store: open('two/'), signer }), (error: unknown) =>
      isAuditError(error, 'AUDIT_LOCKED'),
    );
    const second = await openTrail({ store: open('two/', { takeOver: true }), signer });
    await second.append(login);
    await assert.rejects(first.append(login), (error: unknown) => isAuditError(error, 'AUDIT_LOCKED'));
    await second.append(login, 'published');
    await second.close();
    await first.close();
    const again = await openTrail({ store: open('two/'), signer });
    assert.equal(again.size, 3);
    await again.close();
  });

  test('R26: a wrong secret surfaces', async () => {
    const store = open('x/', { credentials: { ...credentials, secretAccessKey: 'other' } });
    await assert.rejects(
      store.lock(),
      (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED') && /SignatureDoesNotMatch/.test(error.message),
    );
  });

  test('R27: a checkpoint whose answer was lost is recognised after further entries too', async () => {
    const trail = await openTrail({ store: open('more/'), signer, publishIntervalMs: 3_600_000 });
    await trail.append(login, 'published');
    await trail.append(login);
    loseAnswersTo = '/more/checkpoint';
    await assert.rejects(trail.publish(), (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED'));
    loseAnswersTo = null;
    await trail.append(login, 'published');
    await trail.close();
    const again = await openTrail({ store: open('more/'), signer });
    assert.equal(again.size, 3);
    await again.close();
  });

  test('R27: a batch that arrives after it was given up does not lock the writer out', async () => {
    const store = open('late/');
    await store.lock();
    loseAnswersTo = '/late/journal/';
    await assert.rejects(store.appendJournal(0, [Buffer.from('late')]));
    loseAnswersTo = null;
    const key = [...objects.keys()].find((name) => name.startsWith('/bucket/late/journal/'))!;
    const late = objects.get(key)!;
    objects.delete(key);
    // It was not there when asked for; now it is.
    instead = (request) => {
      if (request.method === 'PUT') objects.set(key, late);
      instead = null;
      return undefined;
    };
    await store.appendJournal(0, [Buffer.from('next')]);
    assert.ok(objects.get(key)!.includes('next'));
    await assert.rejects(store.appendJournal(0, [Buffer.from('again')]), /was acknowledged/);
    assert.ok(objects.get(key)!.includes('next'));
    await store.close();
  });

  test('R27: a refused batch is not read back after the writer closed', async () => {
    const store = open('closed/');
    await store.lock();
    loseAnswersTo = '/closed/journal/';
    await assert.rejects(store.appendJournal(0, [Buffer.from('refused')]));
    loseAnswersTo = null;
    await store.close();
    for await (const entry of open('closed/').readJournal()) assert.fail(String(entry.index));
  });

  test('R27: a lock whose answer was lost is held, and one that led nowhere is given back', async () => {
    const store = open('held/');
    loseAnswersTo = '/held/writer.lock';
    // The lock is taken; what follows fails, because its answers are lost too.
    await assert.rejects(store.lock(), (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED'));
    loseAnswersTo = null;
    const again = open('held/');
    await again.lock();
    await again.close();
  });

  test('R27: a server that is busy is asked again, and one that stays busy surfaces', async () => {
    let busy = 2;
    instead = (request) => {
      busy -= 1;
      return busy >= 0 && request.method !== 'GET' ? { status: 503, body: '<Code>SlowDown</Code>' } : undefined;
    };
    const store = open('busy/');
    await store.lock();
    busy = 1;
    await store.appendJournal(0, [Buffer.from('a')]);
    busy = 99;
    await assert.rejects(store.appendJournal(1, [Buffer.from('b')]), /503 SlowDown$/);
    instead = null;
    await store.close();
  });

  test('R28: a server that ignores conditions is refused before anything is written', async () => {
    for (const header of ['if-none-match', 'if-match']) {
      ignoredHeader = header;
      await assert.rejects(
        openTrail({ store: open('lax/'), signer }),
        (error: unknown) =>
          isAuditError(error, 'AUDIT_STORAGE_FAILED') && error.message.includes(`the server ignores ${header}`),
      );
      ignoredHeader = null;
      assert.deepEqual(
        [...objects.keys()].filter((key) => key.startsWith('/bucket/lax/')),
        [],
      );
    }
  });

  test('R22: a writer that was taken over acknowledges nothing, also where the journal was trimmed', async () => {
    const never = { publishIntervalMs: 3_600_000 };
    const first = await openTrail({ store: open('stale/'), signer, ...never });
    await first.append(login, 'published');
    const second = await openTrail({ store: open('stale/', { takeOver: true }), signer, ...never });
    await second.append({ ...login, actor: { id: 'second' } }, 'published');
    await assert.rejects(first.append({ ...login, actor: { id: 'first' } }), (error: unknown) =>
      isAuditError(error, 'AUDIT_LOCKED'),
    );
    // What the old writer left behind stands in nobody's way.
    await second.append({ ...login, actor: { id: 'third' } }, 'published');
    await first.close();
    await second.close();
    const again = await openTrail({ store: open('stale/'), signer });
    const actors = await Promise.all([1, 2].map(async (index) => (await again.entry(index)).actor.id));
    assert.deepEqual([again.size, actors], [3, ['second', 'third']]);
    await again.close();
  });

  test('R26: no redirect is followed, so that a session token stays', async () => {
    const seen: string[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(JSON.stringify(request.headers));
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const location = `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
    try {
      for (const status of [301, 307]) {
        instead = () => ({ status, headers: { location }, body: '<Code>TemporaryRedirect</Code>' });
        await assert.rejects(
          open('away/', { credentials: { ...credentials, sessionToken: 'token' } }).read('checkpoint'),
          new RegExp(`answered ${status} TemporaryRedirect, which sends to another endpoint`),
        );
      }
      assert.deepEqual(seen, []);
    } finally {
      await new Promise((resolve) => elsewhere.close(resolve));
    }
  });

  test('R26: hostile answers end in an error: a listing without end, a huge body, words for a terminal', async () => {
    const store = open('hostile/');
    const read = async (): Promise<void> => {
      for await (const _ of store.readJournal());
    };
    instead = () => ({ status: 200, body: '<NextContinuationToken>again</NextContinuationToken>' });
    await assert.rejects(read(), /the listing does not end/);
    instead = () => ({ status: 200, body: Buffer.alloc(33 * 1024 * 1024) });
    await assert.rejects(store.read('tile/0/000'), /more than 33554432 bytes/);
    instead = () => ({ status: 400, body: '<Code>\u001b[2J\nRESULT: intact</Code>' });
    await assert.rejects(store.read('checkpoint'), (error: unknown) =>
      /it answered 400$/.test((error as Error).message),
    );
  });

  test('R26: a prefix with characters that XML and URLs know is listed page by page', async () => {
    const store = open("a&b<c>/ä ?#%+'()/");
    await store.lock();
    for (let i = 0; i < 5; i += 1) await store.appendJournal(i, [Buffer.from(String(i))]);
    const found: number[] = [];
    for await (const { index } of store.readJournal()) found.push(index);
    assert.deepEqual(found, [0, 1, 2, 3, 4]);
    await store.close();
  });

  test('R26: credentials may be asked for each time, and no message shows one', async () => {
    let asked = 0;
    const store = open('fresh/', {
      credentials: async () => {
        asked += 1;
        return asked < 3 ? credentials : { ...credentials, sessionToken: 'hunter2\r\nx: y' };
      },
    });
    await store.write('a', Buffer.from('a'));
    assert.equal(Buffer.from((await store.read('a'))!).toString(), 'a');
    const isSecret = (error: unknown): boolean =>
      isAuditError(error) && /sessionToken/.test(error.message) && !/hunter2/.test(inspect(error));
    await assert.rejects(store.read('a'), isSecret);
  });

  test('R26: a source of credentials that hangs is waited for no longer than timeoutMs', async () => {
    const store = open('hang/', { timeoutMs: 20, credentials: () => new Promise(() => undefined) });
    await assert.rejects(store.read('a'), (error: unknown) => isAuditError(error, 'AUDIT_STORAGE_FAILED'));
  });

  test('R17: options are checked when given, and no message shows a secret', () => {
    const bad: [Partial<S3StoreOptions>, RegExp][] = [
      [{ endpoint: 'nowhere' }, /endpoint/],
      [{ endpoint: 'https://me:hunter2@s3.example' }, /endpoint/],
      [{ bucket: '../other' }, /bucket/],
      [{ prefix: 'a/../b' }, /prefix/],
      [{ prefix: '\ud800' }, /prefix/],
      [{ timeoutMs: Number.NaN }, /timeoutMs/],
      [{ credentials: { accessKeyId: 'a', secretAccessKey: 'hunter2\n' } }, /secretAccessKey/],
      [{ credentials: { accessKeyId: 'a' } as never }, /secretAccessKey/],
      [{ credentials: 'hunter2' as never }, /credentials/],
      [{ takeover: true } as never, /takeover: .*no such option/],
    ];
    for (const [more, words] of bad)
      assert.throws(
        () => open('x/', more),
        (error: unknown) =>
          isAuditError(error, 'AUDIT_INVALID_OPTION') &&
          words.test(error.message) &&
          !error.message.includes('hunter2'),
        String(words),
      );
    assert.throws(
      () => s3Store(undefined as never),
      (error: unknown) => isAuditError(error, 'AUDIT_INVALID_OPTION'),
    );
  });
});
