import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Metadata, status as Status } from '@grpc/grpc-js';
import { authorizer, tokenFromFile } from '../src/bearer-token.js';
import { openChannel } from '../src/channel.js';
import { EphemeralClient } from '../src/ephemeral-client.js';
import { checked, readEnvironment } from '../src/options.js';
import { Backoff } from '../src/stream/backoff.js';
import { grpcTarget, isLoopback } from '../src/target.js';
import { CheckRateResponse } from '../src/v1.js';
import { FakeServer } from './fixture/fake-server.js';
import { CERTIFICATE, KEY } from './fixture/pem.js';

const folder = mkdtempSync(join(tmpdir(), 'ephemeral-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const TOKEN_RULE = '(expected: one line of printable ASCII without white space)';
const TARGET_RULE = '(expected: host:port with a port of 1 to 65535, or several separated by commas)';
const CERTIFICATE_RULE = 'is not valid (expected: certificates in PEM)';

const TARGET = { EPHEMERAL_CLIENT_TARGET: 'localhost:9090' };

test('the environment has the target and the credentials; an empty variable counts as unset', () => {
  assert.deepEqual(readEnvironment({ ...TARGET, EPHEMERAL_CLIENT_CA: '', EPHEMERAL_CLIENT_PLAINTEXT: 'true' }), {
    target: 'localhost:9090',
    options: { plaintext: true },
  });
  const tokenFile = file('token', 'secret\n');
  const variables = {
    ...TARGET,
    EPHEMERAL_CLIENT_CA: file('ca', CERTIFICATE),
    EPHEMERAL_CLIENT_CERTIFICATE: file('certificate', CERTIFICATE),
    EPHEMERAL_CLIENT_KEY: file('key', KEY),
    EPHEMERAL_CLIENT_TOKEN_FILE: tokenFile,
  };
  assert.deepEqual(readEnvironment(variables).options, {
    plaintext: false,
    ca: Buffer.from(CERTIFICATE),
    certificate: Buffer.from(CERTIFICATE),
    key: Buffer.from(KEY),
    tokenFile,
  });
});

test('a bad variable is named, with the rule', () => {
  for (const [env, message] of [
    [{}, 'EPHEMERAL_CLIENT_TARGET is not set (expected: host:port)'],
    [{ ...TARGET, EPHEMERAL_CLIENT_PLAINTEXT: 'yes' }, 'EPHEMERAL_CLIENT_PLAINTEXT: "yes" (expected: true or false)'],
    [
      { ...TARGET, EPHEMERAL_CLIENT_CA: '/nowhere/ca.pem' },
      'EPHEMERAL_CLIENT_CA: cannot read "/nowhere/ca.pem" (expected: a readable file)',
    ],
    [
      { ...TARGET, EPHEMERAL_CLIENT_KEY: file('key', KEY) },
      'EPHEMERAL_CLIENT_CERTIFICATE and EPHEMERAL_CLIENT_KEY: one is set (expected: both or none)',
    ],
    [
      { ...TARGET, EPHEMERAL_CLIENT_PLAINTEXT: 'true', EPHEMERAL_CLIENT_CA: file('ca', 'CA') },
      'EPHEMERAL_CLIENT_CA is set (expected: unset with EPHEMERAL_CLIENT_PLAINTEXT)',
    ],
    [
      { ...TARGET, EPHEMERAL_CLIENT_TOKEN_FILE: '/nowhere/token' },
      'EPHEMERAL_CLIENT_TOKEN_FILE: cannot read "/nowhere/token" (expected: a readable file)',
    ],
    [
      { ...TARGET, EPHEMERAL_CLIENT_TOKEN_FILE: file('lines', 'SECRET\nSECRET\n') },
      `EPHEMERAL_CLIENT_TOKEN_FILE: no token in ${JSON.stringify(join(folder, 'lines'))} ${TOKEN_RULE}`,
    ],
    [{ EPHEMERAL_CLIENT_TARGET: 'localhost:99999' }, `EPHEMERAL_CLIENT_TARGET: "localhost:99999" ${TARGET_RULE}`],
    [{ EPHEMERAL_CLIENT_TARGET: 'http://localhost:1' }, `EPHEMERAL_CLIENT_TARGET: "http://localhost:1" ${TARGET_RULE}`],
    [{ ...TARGET, EPHEMERAL_CLIENT_CA: file('garbage', 'garbage') }, `EPHEMERAL_CLIENT_CA ${CERTIFICATE_RULE}`],
    [
      {
        ...TARGET,
        EPHEMERAL_CLIENT_CERTIFICATE: file('garbage', 'garbage'),
        EPHEMERAL_CLIENT_KEY: file('key', KEY),
      },
      `EPHEMERAL_CLIENT_CERTIFICATE ${CERTIFICATE_RULE}`,
    ],
    [
      {
        ...TARGET,
        EPHEMERAL_CLIENT_CERTIFICATE: file('certificate', CERTIFICATE),
        EPHEMERAL_CLIENT_KEY: file('garbage', 'garbage'),
      },
      'EPHEMERAL_CLIENT_KEY is not valid (expected: a private key in PEM, without a passphrase)',
    ],
  ] as [Record<string, string>, string][]) {
    assert.throws(() => readEnvironment(env), { message });
  }
});

test('a bad certificate or key in the options is named, with the rule', () => {
  const target = 'localhost:1';
  const cut = CERTIFICATE.slice(0, 200);
  const otherKey = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  for (const [options, message] of [
    [{ ca: 'garbage' }, `ca ${CERTIFICATE_RULE}`],
    [{ ca: CERTIFICATE + cut }, `ca ${CERTIFICATE_RULE}`],
    [{ certificate: cut, key: KEY }, `certificate ${CERTIFICATE_RULE}`],
    [
      { certificate: CERTIFICATE, key: CERTIFICATE },
      'key is not valid (expected: a private key in PEM, without a passphrase)',
    ],
    [
      { certificate: CERTIFICATE, key: otherKey.export({ type: 'pkcs8', format: 'pem' }) },
      'key is not valid (expected: the key of certificate)',
    ],
    [{ certificate: CERTIFICATE }, 'certificate and key: one is set (expected: both or none)'],
  ] as const) {
    assert.throws(() => new EphemeralClient(target, options), { message });
  }
  openChannel(
    grpcTarget(target),
    { ca: `# two\n${CERTIFICATE}${CERTIFICATE}`, certificate: CERTIFICATE, key: KEY },
    30_000,
  ).close();
});

test('an option out of its range is named, with the range', () => {
  for (const [option, bad, range] of [
    ['deadlineMs', 0, '1 to 3600000'],
    ['keepAliveMs', 9_999, '10000 to 3600000'],
    ['maxCacheWaitMs', 60_001, '1 to 60000'],
    ['maxLoads', Number.NaN, '1 to 1000'],
    ['loadDeadlineMs', -1, '1 to 3600000'],
  ] as const) {
    assert.throws(() => checked({ [option]: bad }), { message: `${option}: ${bad} (expected: ${range})` });
  }
  assert.deepEqual(checked({}), {
    deadlineMs: 1_000,
    keepAliveMs: 30_000,
    maxCacheWaitMs: 200,
    maxLoads: 16,
    loadDeadlineMs: 2_000,
  });
});

test('a target is host:port, several, or a gRPC target', () => {
  assert.equal(grpcTarget('localhost:9090'), 'dns:localhost:9090');
  assert.equal(grpcTarget('[::1]:9090'), 'dns:[::1]:9090');
  assert.equal(grpcTarget('one:1, two:2'), 'ephemeral:one:1,two:2');
  assert.equal(grpcTarget('dns:///one:1'), 'dns:///one:1');
  assert.equal(grpcTarget('dns://8.8.8.8/one:1'), 'dns://8.8.8.8/one:1');
  assert.equal(grpcTarget('unix:///run/one.sock'), 'unix:///run/one.sock');
  for (const bad of [
    '',
    ' ',
    'localhost',
    'one:1,',
    'a b:1',
    'one:port',
    'one:0',
    'one:65536',
    'one:1,two:99999',
    '::1:1',
    '[::1]',
    '[1.2]:1',
    'http://one:1',
    'https://one:1',
    'dns:///one:99999',
  ]) {
    assert.throws(() => grpcTarget(bad), /expected: host:port/, bad);
    assert.throws(
      () => new EphemeralClient(bad, { plaintext: true, token: () => 'secret' }),
      /^RangeError: target: /,
      bad,
    );
  }
});

test('a token is sent in clear text only to this machine or if that is allowed', () => {
  const token = () => 'secret';
  for (const target of ['localhost:1', '127.0.0.1:1', '[::1]:1', 'dns:///localhost:1', 'localhost:1,127.0.0.2:2']) {
    assert.ok(isLoopback(target), target);
    authorizer(target, { plaintext: true, token });
  }
  for (const target of [
    'example.com:1',
    'localhost:1,example.com:2',
    '127.0.0.1.example.com:1',
    'dns:///example.com:1',
  ]) {
    assert.ok(!isLoopback(target), target);
    assert.throws(() => new EphemeralClient(target, { plaintext: true, token }), /a token needs TLS/);
    authorizer(target, { plaintext: true, token, allowClearTextToken: true });
    authorizer(target, { token });
  }
  const metadata = new Metadata();
  authorizer('example.com:1', { token })(metadata);
  assert.deepEqual(metadata.get('authorization'), ['Bearer secret']);
});

test('a token file is read again after a minute; while it is missing the present token is sent', () => {
  let now = 0;
  const path = file('rotated', 'one\n');
  const token = tokenFromFile(path, () => now);
  file('rotated', 'two\n');
  now = 59_999;
  assert.equal(token(), 'one');
  now = 60_000;
  assert.equal(token(), 'two');
  rmSync(path);
  now = 120_000;
  assert.equal(token(), 'two');
});

const BAD_TOKENS = ['', '\n', 'SECRET\nSECRET', 'SECRET two', 'SECRÉT', 'SECRET\u0000', '\u{1f511}SECRET'];

test('a token file without a token is an error at the start that names the file and the rule, not the content', () => {
  const path = join(folder, 'bad');
  const message = `tokenFile: no token in ${JSON.stringify(path)} ${TOKEN_RULE}`;
  for (const bad of BAD_TOKENS) {
    file('bad', bad);
    assert.throws(() => new EphemeralClient('localhost:1', { plaintext: true, tokenFile: path }), { message });
  }
  assert.equal(tokenFromFile(file('bad', '\r\n good \r\n'))(), 'good');
});

test('while a token file has no token, the last good one is sent, with one warning that does not show it', () => {
  let now = 0;
  const warnings: string[] = [];
  const path = file('rewritten', 'one\n');
  const token = tokenFromFile(
    path,
    () => now,
    (warning) => warnings.push(warning),
  );
  for (const bad of BAD_TOKENS) {
    file('rewritten', bad);
    now += 60_000;
    assert.equal(token(), 'one', bad);
  }
  assert.deepEqual(warnings, [
    `tokenFile: no token in ${JSON.stringify(path)} ${TOKEN_RULE}; the last good token stays in use`,
  ]);
  file('rewritten', 'two\n');
  now += 60_000;
  assert.equal(token(), 'two');
  rmSync(path);
  now += 60_000;
  assert.equal(token(), 'two');
  assert.equal(warnings.length, 2);
});

test('a bad token of the application fails calls and streams without showing it', async () => {
  const client = new EphemeralClient('localhost:1', { plaintext: true, token: () => 'SECRET\nSECRET' });
  const expected = { code: Status.UNAUTHENTICATED, message: `UNAUTHENTICATED: token is not valid ${TOKEN_RULE}` };
  await assert.rejects(client.checkRate('alice', 'login'), expected);
  for await (const event of client.watchPresence(['alice'])) {
    if (event.type === 'disconnected') {
      assert.equal(event.error.message, expected.message);
      assert.equal(event.error.code, expected.code);
      break;
    }
  }
  await client.close();
});

test('calls are distributed over several servers, and go to the other one when one ends', async () => {
  const counts = [0, 0];
  const start = (i: number) =>
    FakeServer.start({
      checkRate: (_call: unknown, callback: (failure: null, response: object) => void) => {
        counts[i] = (counts[i] ?? 0) + 1;
        callback(null, CheckRateResponse.create({ allowed: true }));
      },
    });
  const servers = [await start(0), await start(1)] as const;
  const client = new EphemeralClient(servers.map(({ target }) => target).join(','), {
    plaintext: true,
    deadlineMs: 30_000,
  });
  while (Math.min(...counts) === 0) {
    await client.checkRate('alice', 'login');
  }
  servers[0].stop();
  const before = counts[1] as number;
  for (let i = 0; i < 4; i++) {
    await client.checkRate('alice', 'login');
  }
  assert.equal(counts[1], before + 4);
  await client.close();
  servers[1].stop();
});

test('the wait before a reconnect doubles from 100 ms to 5 s, or is the delay of the server', () => {
  const backoff = new Backoff(() => 0);
  const waits = Array.from({ length: 8 }, () => backoff.nextMs());
  assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  assert.equal(backoff.nextMs(700), 700);
  assert.equal(backoff.nextMs(9_000), 5_000);
  backoff.reset();
  assert.equal(backoff.nextMs(), 100);
  assert.ok(new Backoff(() => 0.999).nextMs() > 50);
  assert.ok(new Backoff(() => 0.999).nextMs(1_000) < 1_200);
});
