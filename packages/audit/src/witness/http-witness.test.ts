import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { buildTrail } from '../../scripts/fixture.ts';
import { type AuditError, isAuditError } from '../errors.ts';
import { consistencyProof } from '../merkle.ts';
import { generateSigner, generateWitnessSigner, type Signer, signatureLine } from '../note.ts';
import { authentication } from '../presets.ts';
import { memoryStore } from '../stores/memory.ts';
import { openTrail } from '../trail.ts';
import type { Trail, TrailOptions } from '../trail-types.ts';
import { subtreeReader } from '../tree.ts';
import { createWitness, type LastSigned } from './create-witness.ts';
import { createWitnessHandler } from './handler.ts';
import { httpWitness } from './http-witness.ts';
import { formatRequest } from './wire.ts';
import type { WitnessAnswer } from './witness.ts';

const signer = generateSigner('audit.example.com/witnessed');
const login = authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' });
const entries = Array.from({ length: 40 }, (_, i) => Buffer.from(`{"id":${i}}`));

async function withServer(listener: RequestListener, run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function startedWitness(name = 'w.example', state: Map<string, LastSigned> = new Map(), trails: Signer[] = [signer]) {
  const own = generateWitnessSigner(name, () => 1_700_000_000_000);
  const witness = createWitness({ signer: own, trails: trails.map(({ verifier }) => verifier), state });
  return { own, state, key: String(own.verifier), handler: createWitnessHandler(witness) };
}

async function withTrail(options: Partial<TrailOptions>, run: (trail: Trail) => Promise<void>): Promise<void> {
  const trail = await openTrail({ store: memoryStore(), signer, ...options });
  try {
    await run(trail);
  } finally {
    await trail.close();
  }
}

/** A request over a tree of `size` that claims to extend one of `oldSize`. */
async function requestFor(size: number, oldSize: number, of: Buffer[] = entries, by: Signer = signer) {
  const files = buildTrail(of.slice(0, size), by);
  const read = async (path: string): Promise<Uint8Array | null> => files.get(path) ?? null;
  const proof = oldSize <= size ? await consistencyProof(oldSize, size, subtreeReader(read, size)) : [];
  return { oldSize, proof, note: Buffer.from(files.get('checkpoint')!).toString() };
}

async function post(url: string, body: string | Uint8Array): Promise<[number, string, string | null]> {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) });
  return [response.status, await response.text(), response.headers.get('content-type')];
}

test('R33: an append is witnessed over HTTP, and the size of a conflict is where the next request begins', async () => {
  const { handler, key, own } = startedWitness();
  const bodies: string[] = [];
  const listener: RequestListener = (request, response) => {
    void buffer(request.on('error', () => undefined)).then((bytes) => bodies.push(bytes.toString().split('\n')[0]!));
    handler(request, response);
  };
  await withServer(listener, async (url) => {
    const store = memoryStore();
    await withTrail({ store, witnesses: [httpWitness({ url: `${url}/`, key })] }, async (trail) => {
      await trail.append(login, 'witnessed');
      await trail.append(login, 'witnessed');
      const line = trail.checkpoint()!.split('\n').at(-2)!;
      assert.ok(line.startsWith('— w.example '));
    });
    await withTrail({ store, witnesses: [httpWitness({ url, key })] }, async (trail) => {
      await trail.append(login, 'witnessed');
      assert.ok(own.verifier.verify(trail.checkpoint()!.split('\n\n')[0]!.concat('\n'), signatureOf(trail)));
    });
  });
  assert.deepEqual(bodies, ['old 0', 'old 1', 'old 0', 'old 2']);

  function signatureOf(trail: Trail): Buffer {
    const line = trail.checkpoint()!.split('\n').at(-2)!;
    return Buffer.from(line.split(' ').at(-1)!, 'base64').subarray(4);
  }
});

test('R33: two of three witnesses are a quorum, whichever two, and the third is heard of', async () => {
  const [one, two, three] = [startedWitness('w1.example'), startedWitness('w2.example'), startedWitness('w3.example')];
  await withServer(one.handler, (first) =>
    withServer(two.handler, async (second) => {
      const errors: AuditError[] = [];
      const gone = httpWitness({ url: 'http://127.0.0.1:1', key: three.key });
      const witnesses = [httpWitness({ url: first, key: one.key }), gone, httpWitness({ url: second, key: two.key })];
      const onError = (error: AuditError): number => errors.push(error);
      await withTrail({ witnesses, witnessQuorum: 2, onError }, async (trail) => {
        await trail.append(login, 'witnessed');
        assert.deepEqual(trail.checkpoint()!.match(/— w\d/g)!.sort(), ['— w1', '— w2']);
        assert.match(errors[0]!.message, /"w3\.example" did not sign: .*127\.0\.0\.1:1/);
      });
      await withTrail({ witnesses, signer: generateSigner('other.example') }, async (trail) => {
        await assert.rejects(trail.append(login, 'witnessed'), (error: unknown) => {
          assert.ok(isAuditError(error, 'AUDIT_NOT_WITNESSED'));
          assert.match(error.message, /Fewer than 3 of 3/);
          assert.match((error.cause as Error).message, /it does not know this trail/);
          return true;
        });
        assert.equal((await trail.entry(0)).actor.id, 'a');
      });
    }),
  );
});

test('R33: witnesses that did not sign are asked again without a new entry', async () => {
  const { handler, key } = startedWitness();
  let isDown = true;
  const listener: RequestListener = (request, response) => {
    if (isDown) response.writeHead(503).end();
    else handler(request, response);
  };
  await withServer(listener, async (url) => {
    const failed = Promise.withResolvers<void>();
    const signed = Promise.withResolvers<void>();
    const witness = httpWitness({ url, key });
    const watched = {
      ...witness,
      addCheckpoint: (request: Parameters<typeof witness.addCheckpoint>[0]) =>
        witness.addCheckpoint(request).then((answer) => {
          signed.resolve();
          return answer;
        }),
    };
    await withTrail({ witnesses: [watched], witnessRetryMs: 1, onError: () => failed.resolve() }, async (trail) => {
      await trail.append(login, 'published');
      await failed.promise;
      isDown = false;
      await signed.promise;
      await trail.publish();
      assert.match(trail.checkpoint()!, /— w\.example /);
    });
  });
});

test('R34: whatever a witness answers, the entry is published and only its own signature counts', async () => {
  const { own, key } = startedWitness();
  const stranger = generateWitnessSigner('w.example');
  const line = (by: Signer, text: string): string => signatureLine(by, by.sign(text));
  let answer: (note: string) => [number, string, string?] = () => [200, ''];
  const listener: RequestListener = (request, response) => {
    void buffer(request).then((bytes) => {
      const note = bytes.toString().split('\n\n').slice(1).join('\n\n');
      const [status, body, type = 'text/plain'] = answer(note);
      response.writeHead(status, { 'content-type': type, location: '/elsewhere' }).end(body);
    });
  };
  const textOf = (note: string): string => `${note.split('\n\n')[0]}\n`;
  const cases: [string, (note: string) => [number, string, string?], RegExp][] = [
    ['nothing', () => [200, ''], /malformed/],
    ['not a signature', () => [200, 'good\n'], /malformed/],
    ['a signature on something else', () => [200, line(own, 'another.example\n1\nAAAA\n')], /no signature of its own/],
    ["another's signature", (note) => [200, line(stranger, textOf(note))], /no signature of its own/],
    ["the log's own signature", (note) => [200, note.split('\n\n')[1]!], /no signature of its own/],
    ['another note', (note) => [200, `${textOf(note)}\n${line(stranger, textOf(note))}`], /no signature|malformed/],
    ['too much', () => [200, 'x'.repeat(1_000_000)], /more than 65536 bytes/],
    ['a redirect', () => [307, ''], /redirect/],
    ['another status', () => [500, 'no'], /status 500/],
    ['a size that is none', () => [409, '-1\n', 'text/x.tlog.size'], /two histories/],
    ['a size as plain text', () => [409, '5\n'], /two histories/],
    ['a size beyond the trail', () => [409, '900\n', 'text/x.tlog.size'], /signed 900 entries.*has 1 here/],
    ['the size it was given', () => [409, '0\n', 'text/x.tlog.size'], /two histories/],
    ['that it knows no key', () => [403, ''], /does not know this trail's key/],
    ['that it cannot read it', () => [400, ''], /could not read the request/],
  ];
  await withServer(listener, async (url) => {
    for (const [what, next, words] of cases) {
      answer = next;
      await withTrail({ witnesses: [httpWitness({ url, key })] }, async (trail) => {
        await assert.rejects(trail.append(login, 'witnessed'), (error: unknown) => {
          assert.ok(isAuditError(error, 'AUDIT_NOT_WITNESSED'), what);
          assert.match((error.cause as Error).message, words, what);
          return true;
        });
        assert.equal(trail.checkpoint()!.match(/^— /gm)!.length, 1, what);
      });
    }
    answer = (note) => [200, `${line(stranger, textOf(note))}${line(own, textOf(note))}`];
    await withTrail({ witnesses: [httpWitness({ url, key })] }, async (trail) => {
      await trail.append(login, 'witnessed');
      assert.equal(trail.checkpoint()!.match(/^— /gm)!.length, 2, 'the good one is taken, the other left');
    });
  });
});

test('R34: a witness that does not answer delays a publication by its time limit and no more', async () => {
  const { handler, key } = startedWitness('w1.example');
  const silent = startedWitness('w2.example');
  await withServer(handler, (good) =>
    withServer(
      () => undefined,
      async (url) => {
        const witnesses = [httpWitness({ url: good, key }), httpWitness({ url, key: silent.key, timeoutMs: 20 })];
        await withTrail({ witnesses }, async (trail) => {
          await assert.rejects(trail.append(login, 'witnessed'), (error: unknown) => {
            assert.match(((error as Error).cause as Error).message, /"w2\.example".*timeout/);
            return true;
          });
          assert.match(trail.checkpoint()!, /— w1\.example /);
        });
        const patient = httpWitness({ url, key: silent.key });
        const errors: string[] = [];
        const onError = ({ message }: Error): number => errors.push(message);
        const fresh = { store: memoryStore(), signer: generateSigner('audit.example.com/fresh') };
        const quick = createWitness({
          signer: generateWitnessSigner('w3.example'),
          trails: [fresh.signer.verifier],
          state: new Map(),
        });
        const options = { ...fresh, witnesses: [quick, patient], witnessQuorum: 1, witnessGraceMs: 5, onError };
        await withTrail(options, async (trail) => {
          await trail.append(login, 'witnessed');
          assert.match(errors[0]!, /did not sign: .*the others had signed/);
        });
        await withTrail({ witnesses: [patient], witnessTimeoutMs: 5 }, async (trail) => {
          await assert.rejects(trail.append(login, 'witnessed'), (error: unknown) => {
            assert.match(((error as Error).cause as Error).message, /no answer in 5 ms/);
            return true;
          });
        });
      },
    ),
  );
});

test('R35: the server answers as the protocol says', async () => {
  const { handler, own, state } = startedWitness();
  await withServer(handler, async (url) => {
    const ask = async (...args: Parameters<typeof requestFor>) => post(url, formatRequest(await requestFor(...args)));
    const [status, lines] = await ask(10, 0);
    assert.equal(status, 200);
    assert.match(lines, /^— w\.example \S+\n$/);
    const { note } = await requestFor(10, 0);
    const signature = Buffer.from(lines.trim().split(' ')[2]!, 'base64').subarray(4);
    assert.ok(own.verifier.verify(`${note.split('\n\n')[0]}\n`, signature), 'the signature is over the checkpoint');
    assert.equal(signature.readBigUInt64BE(0), 1_700_000_000n);

    assert.deepEqual(await ask(20, 5), [409, '10\n', 'text/x.tlog.size'], 'another old size');
    assert.deepEqual(await ask(5, 0), [409, '10\n', 'text/x.tlog.size'], 'a rollback');
    const other = entries.toReversed();
    assert.deepEqual(await ask(10, 10, other), [409, '10\n', 'text/x.tlog.size'], 'another root at the same size');
    assert.equal((await ask(20, 10, other))[0], 422, 'a fork');
    assert.equal((await ask(5, 10))[0], 400, 'an old size above the new one');
    assert.equal((await ask(20, 10, entries, generateSigner(signer.name)))[0], 403, 'a key that is not known');
    assert.equal((await ask(20, 10, entries, generateSigner('unknown.example')))[0], 404, 'a trail that is not known');
    assert.equal((await ask(10, 10))[0], 200, 'the same again');
    assert.equal((await ask(20, 10))[0], 200);
    assert.equal(state.get(signer.name)!.size, 20);
  });
});

test('R35: the server refuses what is not a request, and goes on', async () => {
  const { handler } = startedWitness();
  await withServer(handler, async (url) => {
    const good = formatRequest(await requestFor(3, 0));
    const hash = `${Buffer.alloc(32).toString('base64')}\n`;
    for (const body of [
      '',
      'old 0',
      good.replace('old 0', 'old 00'),
      good.replace('old 0', 'old -1'),
      good.replace('old 0', 'old 9007199254740993'),
      good.replace('old 0\n', `old 0\n${hash.slice(1)}`),
      good.replace('old 0\n', `old 0\n${hash.repeat(64)}`),
      good.replace(/\n— .*\n$/, '\n'),
      good.replace('audit.example', '\u0000'),
      Buffer.alloc(1_000, 0xff),
      Buffer.concat([Buffer.from(good), Buffer.of(0xff, 0x0a)]),
      good.replaceAll('\n', '\r\n'),
      good.replace('\n\n— ', '\n— '),
      good.replace(/\n$/, ''),
      good + good.split('\n\n')[1]!.split('\n').at(-2)!.replace(/.$/, '!'),
      good + '— x AAAAAAAA\n'.repeat(100),
    ])
      assert.equal((await post(url, body))[0], 400, Buffer.from(body).toString().slice(0, 40));
    assert.equal((await post(url, good.replace('old 0\n', `old 0\n${hash}`)))[0], 422, 'a proof where none belongs');
    const notPost = await fetch(`${url}/add-checkpoint`);
    assert.deepEqual([notPost.status, notPost.headers.get('allow')], [405, 'POST']);
    assert.equal((await fetch(`${url}/other`, { method: 'POST', body: good })).status, 404);
    const tooLarge = await post(url, 'x'.repeat(200_000)).catch((error: Error) => [error.name]);
    assert.ok(tooLarge[0] === 413 || tooLarge[0] === 'TypeError', 'it may hang up before all of it was sent');
    assert.equal((await post(url, good))[0], 200);
  });
});

test('R35: a client that hangs up is no failure of the witness, and an onError that throws ends nothing', async (t) => {
  const warn = t.mock.method(process, 'emitWarning', () => undefined);
  const errors: unknown[] = [];
  const { own } = startedWitness();
  const broken = createWitness({
    signer: own,
    trails: [signer.verifier],
    state: { get: () => undefined, set: () => Promise.reject(new Error('disk full')) },
  });
  const handler = createWitnessHandler(broken, (error) => {
    errors.push(error);
    throw new Error('the listener is broken');
  });
  const closed = Promise.withResolvers<void>();
  const listener: RequestListener = (request, response) => {
    if (request.headers['content-length'] === '1000') request.once('close', () => closed.resolve());
    handler(request, response);
  };
  await withServer(listener, async (url) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('POST /add-checkpoint HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nold 0\n');
    socket.resume();
    await closed.promise;
    assert.deepEqual(errors, []);
    assert.equal((await post(url, formatRequest(await requestFor(3, 0))))[0], 500);
    assert.deepEqual(errors.map(String), ['Error: disk full']);
    assert.match(String((warn.mock.calls[0]!.arguments as readonly unknown[])[0]), /onError failed/);
  });
});

test('R34: a password in the URL of a witness is refused, and is in no message', () => {
  const key = String(generateWitnessSigner('w.example').verifier);
  for (const url of ['https://me:hunter2@w.example/', 'ftp://me:hunter2@w.example/', 'https://hunter2@w.example'])
    assert.throws(
      () => httpWitness({ url, key }),
      (error: unknown) => isAuditError(error, 'AUDIT_INVALID_OPTION') && !error.message.includes('hunter2'),
    );
});

test('R35: of concurrent requests that begin at the same size one is signed', async () => {
  const { handler, state } = startedWitness();
  const slow = new Map(state);
  const held = createWitness({
    signer: generateWitnessSigner('slow.example'),
    trails: [signer.verifier],
    state: {
      get: (origin) => new Promise((resolve) => setImmediate(() => resolve(slow.get(origin)))),
      set: (origin, last) => new Promise<void>((resolve) => setImmediate(() => resolve(void slow.set(origin, last)))),
    },
  });
  for (const [listener, memory] of [
    [handler, state],
    [createWitnessHandler(held), slow],
  ] as const) {
    await withServer(listener, async (url) => {
      await post(url, formatRequest(await requestFor(10, 0)));
      const bodies = await Promise.all([11, 12, 13, 40].map(async (size) => formatRequest(await requestFor(size, 10))));
      const statuses = (await Promise.all(bodies.map((body) => post(url, body)))).map(([status]) => status);
      assert.deepEqual(statuses.sort(), [200, 409, 409, 409]);
      assert.ok([11, 12, 13, 40].includes(memory.get(signer.name)!.size));
    });
  }
});

test('R35: a witness that cannot remember does not sign', async () => {
  const errors: unknown[] = [];
  const witness = createWitness({
    signer: generateWitnessSigner('w.example'),
    trails: [signer.verifier],
    state: { get: () => undefined, set: () => Promise.reject(new Error('disk full')) },
  });
  await withServer(
    createWitnessHandler(witness, (error) => errors.push(error)),
    async (url) => {
      assert.deepEqual((await post(url, formatRequest(await requestFor(3, 0)))).slice(0, 2), [
        500,
        'The witness failed\n',
      ]);
      assert.match(String(errors[0]), /disk full/);
    },
  );
});

test('R33: options are checked when given', () => {
  const key = String(generateWitnessSigner('w.example').verifier);
  const bad: [Parameters<typeof httpWitness>[0], RegExp][] = [
    [{ url: 'w.example', key }, /url/],
    [{ url: 'ftp://w.example', key }, /url/],
    [{ url: 'http://w.example/?a=b', key }, /url/],
    [{ url: 'http://w.example', key: String(signer.verifier) }, /key for cosignatures/],
    [{ url: 'http://w.example', key, timeoutMs: 0 }, /timeoutMs/],
    [{ url: 'http://w.example', key, timeout: 5 } as never, /timeout: .*no such option/],
    [{ key } as never, /url/],
  ];
  for (const [options, words] of bad)
    assert.throws(
      () => httpWitness(options),
      (error: unknown) => isAuditError(error, 'AUDIT_INVALID_OPTION') && words.test(error.message),
    );
  assert.throws(() => httpWitness({ url: 'http://w.example', key: 'x' }), /public key/);
  assert.throws(() => createWitness({ signer, trails: [], state: new Map() }), /cosignatures/);
});

test('R34: a witness in the process that heeds no signal and answers nonsense is bounded too', async () => {
  const { own } = startedWitness();
  let asked = 0;
  const odd = {
    verifier: own.verifier,
    async addCheckpoint(): Promise<WitnessAnswer> {
      asked += 1;
      return { kind: 'conflict', size: 1 + (asked % 4) };
    },
  };
  await withTrail({ witnesses: [odd] }, async (trail) => {
    await Promise.all(Array.from({ length: 9 }, () => trail.append(login)));
    await assert.rejects(trail.append(login, 'witnessed'), (error: unknown) =>
      /changed with every attempt/.test(((error as Error).cause as Error).message),
    );
  });
  const never = { verifier: own.verifier, addCheckpoint: () => new Promise<never>(() => undefined) };
  await withTrail({ witnesses: [never], witnessTimeoutMs: 5 }, async (trail) => {
    await assert.rejects(trail.append(login, 'witnessed'), (error: unknown) =>
      isAuditError(error, 'AUDIT_NOT_WITNESSED'),
    );
  });
});
