import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
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
let server: Server;
let endpoint: string;

/** As much of S3 as the store uses: signatures, conditions, listing in pages of two. Not a real S3. */
async function answer(request: IncomingMessage): Promise<{ status: number; body?: Buffer | string; tag?: string }> {
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
  const tagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
  if (url.searchParams.get('list-type') === '2') {
    const start = url.searchParams.get('continuation-token') ?? '';
    const prefix = `/bucket/${url.searchParams.get('prefix')}`;
    const found = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > start).sort();
    const page = found.slice(0, 2);
    const next = found.length > 2 ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return { status: 200, body: `${page.map((key) => `<Key>${key.slice(8)}</Key>`).join('')}${next}` };
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
        ({ status, body = '', tag }) => {
          if (loseAnswersTo !== null && request.url!.includes(loseAnswersTo) && request.method === 'PUT')
            response.destroy();
          else response.writeHead(status, tag === undefined ? {} : { etag: tag }).end(body);
        },
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
});
