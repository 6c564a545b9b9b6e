import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRedactor } from './redactor.ts';

const redactor = createRedactor();
const string = (text: string): string => redactor.string(text);

describe('text', () => {
  const cases: readonly (readonly [name: string, text: string, expected: string])[] = [
    ['assignment', 'password=hunter2 user=bob', 'password=[REDACTED:secret] user=bob'],
    ['JSON', '{"password":"hun\\"ter2","n":1}', '{"password":"[REDACTED:secret]","n":1}'],
    ['a number in JSON', '{"cvv":123,"x":1}', '{"cvv":"[REDACTED:cvv]","x":1}'],
    ['JSON in JSON', '{\\"password\\":\\"hunter2\\"}', '{\\"password\\":\\"[REDACTED:secret]\\"}'],
    ['an object under a name', '{"credentials":{"a":{"b":1}},"x":1}', '{"credentials":"[REDACTED:secret]","x":1}'],
    ['inspected objects', "{ dbPassword: 'a b', port: 1 }", "{ dbPassword: '[REDACTED:secret]', port: 1 }"],
    ['flags', 'psql --password hunter2 -h x', 'psql --password [REDACTED:secret] -h x'],
    ['XML', '<password>abc</password>', '<password>[REDACTED:secret]</password>'],
    ['name and value', '{"name":"api_key","value":"abc"}', '{"name":"api_key","value":"[REDACTED:secret]"}'],
    ['prose with a value', 'the password is hunter2', 'the password is [REDACTED:secret]'],
    ['a short number', 'pass=12 passwords: 3 changed', 'pass=[REDACTED:secret] passwords: 3 changed'],
    ['basic credentials without a digit', 'sent Basic dXNlcjpwYXNz', 'sent Basic [REDACTED:authorization]'],
    ['a query', 'GET /cb?a=1&access_token=abcdef123&b=2', 'GET /cb?a=1&access_token=[REDACTED:query-secret]&b=2'],
    ['a connection string', 'Server=x;Password=abc;Db=y', 'Server=x;Password=[REDACTED:connection-string];Db=y'],
    ['a URL', 'postgres://app:s3cret@db:5432/x', 'postgres://app:[REDACTED:url-credentials]@db:5432/x'],
    ['an authorization header', 'Authorization: Bearer abc.def', 'Authorization: Bearer [REDACTED:authorization]'],
    [
      'parameters of a scheme',
      'Authorization: Digest username="u", nonce="n"',
      'Authorization: Digest [REDACTED:authorization]',
    ],
    ['cookies', 'Set-Cookie: sid=abc; Path=/', 'Set-Cookie: [REDACTED:cookie]'],
    ['a card with dashes', 'card 4111-1111-1111-1111.', 'card [REDACTED:card].'],
    ['a card and its code', '4111 1111 1111 1111 09/27 123 ok', '[REDACTED:card] 09/27 [REDACTED:cvv] ok'],
    ['an IBAN in groups', 'to DE89 3704 0044 0532 0130 00 now', 'to [REDACTED:iban] now'],
    [
      'an escaped private key',
      'k=-----BEGIN PRIVATE KEY-----\\nMIIa+/=\\n-----END PRIVATE KEY-----;',
      'k=[REDACTED:private-key];',
    ],
    ['percent escapes', 'user=jo%40corp.com&x=1', 'user=[REDACTED:email]&x=1'],
    ['HTML escapes', '&quot;password&quot;:&quot;abc&quot;', '&quot;password&quot;:&quot;[REDACTED:secret]&quot;'],
    ['unicode escapes', '{"to":"jo\\u0040corp.com"}', '{"to":"[REDACTED:email]"}'],
    ['base64', Buffer.from('{"password":"hunter22","x":1}').toString('base64'), '[REDACTED:secret]'],
    ['line breaks', 'a\r\nforged: b', 'a\\r\\nforged: b'],
    ['ANSI, bidirectional and separator characters', 'a\u001b[31mb\u202ec\u2028d', 'a\\u001b[31mb\\u202ec\\u2028d'],
  ];
  for (const [name, text, expected] of cases) {
    test(`R9 R17 R19 R20: ${name}`, () => {
      assert.equal(string(text), expected);
      assert.equal(string(string(text)), string(text));
    });
  }

  test('R5: a pretty-printed JSON text stays JSON', () => {
    const text = JSON.stringify({ a: 'x', list: [4111111111111111, { password: 'p"q' }] }, null, 2);
    assert.deepEqual(JSON.parse(string(text)), {
      a: 'x',
      list: ['[REDACTED:card]', { password: '[REDACTED:secret]' }],
    });
  });

  test('R9: what only looks like a marker hides nothing', () => {
    assert.ok(!string('[REDACTED:4111111111111111]').includes('4111111111111111'));
    assert.ok(!string('[REDACTED:card:k1.4111111111111111]').includes('4111111111111111'));
    assert.ok(!string('[REDACTED:jo@corp.com]').includes('jo@corp.com'));
  });

  test('R20: line breaks stay when asked, other controls do not', () => {
    assert.equal(createRedactor({ lineBreaks: 'keep' }).string('a\nb\u0007'), 'a\nb\\u0007');
  });

  const untouched = [
    '550e8400-e29b-41d4-a716-446655440000',
    'sha1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
    'trace 4bf92f3577b34da6a3ce929d0e0e4736',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '2026-11-25T01:02:03.123Z 1764032523000',
    'ORD-2026-0001234',
    'v1.24.3-rc.1',
    'author=bob',
    'tokenCount=512 maxTokens: 4096',
    '{"passwordResetRequired":true}',
    'password=$DB_PASSWORD token=<token> secret={{ secret }}',
    'a@example.com b@host.test',
    '+1 415 555 0123',
    'password is required',
    'Unexpected token: } in JSON',
    'nextPageToken=CiAKGjBpNDd2Nmp2Zml2cXRwYjBpOXA',
    'icon@2x.png pkg@1.2.3',
    '0.4111111111111111',
    'git@github.com:a/b.git',
    'offset +02:00',
    '-----BEGIN PUBLIC KEY-----\\nMFkw\\n-----END PUBLIC KEY-----',
  ];
  for (const text of untouched)
    test(`R4 R21: unchanged: ${text.slice(0, 40)}`, () => assert.ok(Object.is(string(text), text), string(text)));
});

describe('limits', () => {
  test('R7: text past the byte budget is masked, not passed, and no secret is halved', () => {
    const small = createRedactor({ maxBytes: 300 });
    const text = `${'word '.repeat(55)}4111 1111 1111 1111 password=hunter2 tail`;
    const result = small.string(text);
    assert.ok(result.endsWith('[REDACTED:budget]'));
    assert.ok(!result.includes('4111') && !result.includes('hunter2') && !result.includes('tail'));
    assert.equal(small.string(result), result);
    assert.ok(Buffer.byteLength(small.string('é'.repeat(400))) <= 300);
    assert.deepEqual(
      small.explain('x '.repeat(400)).map(({ detector }) => detector),
      ['budget'],
    );
  });
});
