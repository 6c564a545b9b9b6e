import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildTrail } from '../../scripts/fixture.ts';
import { generateSigner, generateWitnessSigner, parseSigner } from '../note.ts';
import { authentication, dataAccess } from '../presets.ts';
import { directoryStore } from '../stores/directory.ts';
import { openTrail } from '../trail.ts';
import { directoryWitnessState } from '../witness/directory-state.ts';
import { runCli } from './run.ts';

const signer = generateSigner('audit.example.com/cli');
const key = String(signer.verifier);
let folder: string;
let trail: string;

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    showProgress: false,
  });
  return { code, out, err };
}

describe('breakwater-audit', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bw-audit-cli-'));
    trail = join(folder, 'trail');
    const open = await openTrail({ store: directoryStore(trail), signer, now: () => Date.UTC(2026, 10, 25) });
    for (let i = 0; i < 3; i += 1)
      await open.append(
        authentication({ actor: { id: `user_${i}`, ip: '192.0.2.1' }, outcome: 'success', action: 'login' }),
      );
    await open.append(
      dataAccess({
        actor: { id: '=cmd' },
        outcome: 'denied',
        reason: 'no, "never"',
        action: 'read',
        resource: { type: 'customer', id: 'c1' },
      }),
    );
    await open.close();
    await writeFile(join(folder, 'kept'), await readFile(join(trail, 'checkpoint')));
  });
  after(() => rm(folder, { recursive: true }));

  test('R70: verify says that an intact trail is intact, in words and as JSON', async () => {
    const { code, out, err } = await cli('verify', trail, '--key', key, '--earlier', join(folder, 'kept'));
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /RESULT: the trail is intact\./);
    assert.match(out, /Entries read and proved one by one: 4/);
    const json = await cli('verify', trail, '--key', key, '--json');
    const report = JSON.parse(json.out) as { ok: boolean; checkedEntries: number };
    assert.deepEqual([json.code, report.ok, report.checkedEntries], [0, true, 4]);
  });

  test('R70: verify ends with 1 and names the first bad entry', async () => {
    const path = join(trail, 'tile/entries/000.p/4');
    const whole = await readFile(path);
    await writeFile(path, whole.toString('latin1').replace('user_1', 'user_9'), 'latin1');
    const { code, out } = await cli('verify', trail, '--key', key);
    await writeFile(path, whole);
    assert.equal(code, 1);
    assert.match(out, /RESULT: the trail is NOT intact/);
    assert.match(out, /First entry that is not as it was signed: 1/);
  });

  test('R70: verify demands the witnesses that were named', async () => {
    const witness = await cli('keygen', 'w.example', '--witness');
    const publicKey = witness.err.trim().split('\n').at(-1)!;
    const { code, out } = await cli('verify', trail, '--key', key, '--witness', publicKey);
    assert.equal(code, 1);
    assert.match(out, /w\.example" did not sign/);
  });

  test('R71: a wrong command line ends with 2 and says why', async () => {
    await writeFile(join(folder, 'own'), signer.exportPrivateKey());
    await writeFile(join(folder, 'witness'), generateWitnessSigner('w.example').exportPrivateKey());
    const witnessArgs = ['witness', '--key-file', join(folder, 'witness'), '--trail', key, '--state', folder];
    const cases: [string[], RegExp][] = [
      [['verify', trail], /--key/],
      [['verify', '--key', key], /directory/],
      [['verify', trail, '--key', 'a+b+c'], /--key/],
      [['verify', trail, '--key', '/nowhere'], /nowhere/],
      [['verify', trail, '--key', key, '--earlier', '/nowhere'], /--earlier/],
      [['verify', trail, '--kez', key], /kez/],
      [['prove', trail, 'x'], /index/],
      [['verify-proof', join(folder, 'kept')], /--key/],
      [['export', trail, '--format', 'xml'], /xml/],
      [['export', trail, '--format', 'constructor'], /constructor/],
      [['export', trail, '--from', 'yesterday'], /--from/],
      [['export', trail, '--from', '11/12/2026'], /--from/],
      [['export', trail, '--from', '5'], /--from/],
      [['export', trail, '--to', '2026-11-31'], /--to/],
      [['export', trail, '--to', '2026-11-25T10:00'], /--to/],
      [['keygen', 'a'.repeat(201)], /name/],
      [['verify', trail, '--key', signer.exportPrivateKey()], /--key/],
      [['verify', '\u001b[2J', 'x\u009b', '--key', key], /directory/],
      [[`\u001b[2J`], /\\u001b/],
      [['keygen', 'a b'], /name/],
      [['witness', '--trail', key, '--state', folder], /--key-file/],
      [['witness', '--key-file', '/nowhere', '--trail', key, '--state', folder], /--key-file.*nowhere/],
      [['witness', '--key-file', join(folder, 'own'), '--trail', key, '--state', folder], /not for cosignatures/],
      [['witness', '--key-file', join(folder, 'witness'), '--trail', 'x', '--state', folder], /--trail/],
      [[...witnessArgs, '--trail', String(generateWitnessSigner('w').verifier)], /--trail.*witness/],
      [[...witnessArgs, '--listen', '80'], /HOST:PORT/],
      [[...witnessArgs, '--listen', 'localhost:99999'], /HOST:PORT/],
      [['frobnicate'], /frobnicate/],
      [['constructor'], /There is no command/],
      [['--frobnicate'], /There is no command/],
      [[], /breakwater-audit verify/],
    ];
    for (const [args, words] of cases) {
      const { code, out, err } = await cli(...args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, words);
      assert.ok(!err.includes(signer.exportPrivateKey().slice(-40)));
    }
  });

  test('R70: no entry writes to the terminal, or a line of the report', async () => {
    const hostile = '2026\u001b[2J\nRESULT: the trail is intact.\u009b1A\u202e';
    const entry = JSON.stringify({ type: 'trail.note', time: hostile, details: { a: '\u009b' } });
    const files = buildTrail([Buffer.from(entry)], signer);
    const place = join(folder, 'hostile');
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(place, path)), { recursive: true });
      await writeFile(join(place, path), bytes);
    }
    const proof = join(folder, 'hostile.proof');
    await writeFile(proof, (await cli('prove', place, '0')).out);
    for (const args of [
      ['verify', place],
      ['verify', place, '--json'],
      ['verify-proof', proof],
      ['verify-proof', proof, '--json'],
    ]) {
      const { code, out } = await cli(...args, '--key', key);
      assert.equal(code, 0, out);
      assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      assert.ok((out.match(/^RESULT/gm) ?? []).length <= 1);
      if (args.includes('--json')) assert.ok(JSON.stringify(JSON.parse(out)).includes('RESULT: the trail is intact.'));
    }
  });

  test('R71: every command has help', async () => {
    for (const args of [[], ['verify'], ['prove'], ['verify-proof'], ['export'], ['keygen'], ['witness']]) {
      const { code, out } = await cli(...args, '--help');
      assert.equal(code, 0);
      assert.match(out, /breakwater-audit/);
    }
  });

  test('R71: a trail that is not there ends with 1', async () => {
    assert.equal((await cli('verify', join(folder, 'none'), '--key', key)).code, 1);
    assert.equal((await cli('export', join(folder, 'none'))).code, 1);
    assert.equal((await cli('prove', trail, '4')).code, 1);
  });

  test('R72: prove writes what verify-proof accepts without the trail', async () => {
    const proof = await cli('prove', trail, '2');
    const file = join(folder, 'entry.tlog-proof');
    await writeFile(file, proof.out);
    const good = await cli('verify-proof', file, '--key', key);
    assert.equal(good.code, 0);
    assert.match(good.out, /index 2 .*audit\.example\.com\/cli/s);
    assert.match(good.out, /user_2/);
    const [line] = (await cli('export', trail, '--actor', 'user_2')).out.split('\n');
    const { id } = (JSON.parse(line!) as { entry: { id: string } }).entry;
    assert.equal((await cli('prove', trail, id)).out, proof.out);
    const unknown = await cli('prove', trail, id.replaceAll(/[0-9]/g, '0'));
    assert.deepEqual([unknown.code, unknown.out], [1, '']);
    assert.match(unknown.err, /no entry with the id/);
    await writeFile(file, proof.out.replace('index 2', 'index 1'));
    const bad = await cli('verify-proof', file, '--key', key);
    assert.equal(bad.code, 1);
    assert.match(bad.out, /^NOT proved/);
  });

  test('R73: export filters, and writes NDJSON, CSV and OCSF', async () => {
    const lines = (await cli('export', trail, '--actor', 'user_1')).out.trim().split('\n');
    assert.equal(lines.length, 1);
    assert.equal((JSON.parse(lines[0]!) as { index: number }).index, 1);
    const csv = (await cli('export', trail, '--format', 'csv', '--action', 'read')).out.split('\r\n');
    assert.equal(csv.length, 3);
    assert.match(csv[1]!, /,'=cmd,.*"no, ""never"""/);
    const ocsf = (await cli('export', trail, '--format', 'ocsf', '--resource', 'customer:c1')).out.trim();
    const event = JSON.parse(ocsf) as { class_uid: number; status_id: number; time: number; type_uid: number };
    assert.deepEqual(
      [event.class_uid, event.status_id, event.time, event.type_uid],
      [6003, 2, Date.UTC(2026, 10, 25), 600302],
    );
    assert.equal((await cli('export', trail, '--from', '2026-11-26T00:00:00Z')).out, '');
    assert.equal((await cli('export', trail, '--to', '2026-11-26')).out.trim().split('\n').length, 4);
  });

  test('R74: keygen prints a private key to standard output and the public one beside it', async () => {
    const { code, out, err } = await cli('keygen', 'audit.example.com/new');
    assert.equal(code, 0);
    assert.ok(err.includes(String(parseSigner(out).verifier)));
  });

  test('R75: a trail behind a web server verifies like one on disk', async () => {
    const server = createServer((request, response) => {
      readFile(join(trail, request.url!)).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const { code, out } = await cli('verify', url, '--key', key);
      assert.equal(code, 0, out);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('R36: the witness command listens until it is stopped, and its memory has one user', async () => {
    await writeFile(join(folder, 'witness'), generateWitnessSigner('w.example').exportPrivateKey());
    const state = join(folder, 'state');
    const args = ['witness', '--key-file', join(folder, 'witness'), '--trail', key, '--state', state];
    const stop = new AbortController();
    const listening = Promise.withResolvers<string>();
    const output = { out: listening.resolve, err: listening.reject, showProgress: false, signal: stop.signal };
    const ended = runCli([...args, '--listen', '127.0.0.1:0'], output);
    const url = /http:\S+/.exec(await listening.promise)![0];
    assert.equal((await fetch(`${url}add-checkpoint`, { method: 'POST', body: 'x' })).status, 400);
    const second = await cli(...args, '--listen', '127.0.0.1:0');
    assert.deepEqual([second.code, second.out], [1, '']);
    assert.match(second.err, /is a witness with this memory/);
    stop.abort();
    assert.equal(await ended, 0);
    await writeFile(join(state, `${hash('sha256', signer.name)}.checkpoint`), 'damaged');
    const memory = await directoryWitnessState(state);
    await assert.rejects(Promise.resolve(memory.get(signer.name)), /is not a checkpoint/);
    await memory.close();
  });
});
