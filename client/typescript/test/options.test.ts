import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { authorizer, tokenFromFile } from '../src/bearer-token.js';
import { EphemeralClient } from '../src/ephemeral-client.js';
import { checked, readEnvironment } from '../src/options.js';
import { Backoff } from '../src/stream/backoff.js';
import { grpcTarget, isLoopback } from '../src/target.js';
import { CheckRateResponse } from '../src/v1.js';
import { FakeServer } from './fixture/fake-server.js';

const folder = mkdtempSync(join(tmpdir(), 'ephemeral-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const TARGET = { EPHEMERAL_CLIENT_TARGET: 'localhost:9090' };

test('the environment has the target and the credentials; an empty variable counts as unset', () => {
  assert.deepEqual(readEnvironment({ ...TARGET, EPHEMERAL_CLIENT_CA: '', EPHEMERAL_CLIENT_PLAINTEXT: 'true' }), {
    target: 'localhost:9090',
    options: { plaintext: true },
  });
  const tokenFile = file('token', 'secret\n');
  const variables = {
    ...TARGET,
    EPHEMERAL_CLIENT_CA: file('ca', 'CA'),
    EPHEMERAL_CLIENT_CERTIFICATE: file('certificate', 'CERTIFICATE'),
    EPHEMERAL_CLIENT_KEY: file('key', 'KEY'),
    EPHEMERAL_CLIENT_TOKEN_FILE: tokenFile,
  };
  assert.deepEqual(readEnvironment(variables).options, {
    plaintext: false,
    ca: Buffer.from('CA'),
    certificate: Buffer.from('CERTIFICATE'),
    key: Buffer.from('KEY'),
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
      { ...TARGET, EPHEMERAL_CLIENT_KEY: file('key', 'KEY') },
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
  ] as [Record<string, string>, string][]) {
    assert.throws(() => readEnvironment(env), { message });
  }
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
  for (const bad of ['', ' ', 'localhost', 'one:1,', 'a b:1', 'one:port']) {
    assert.throws(() => grpcTarget(bad), /expected: host:port/, bad);
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
