import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Metadata, status as Status } from '@grpc/grpc-js';
import { EphemeralClient } from '../src/ephemeral-client.js';
import { EphemeralError } from '../src/ephemeral-error.js';
import { RetryThrottle } from '../src/unary/retry-throttle.js';
import { CheckRateResponse, ErrorReason, RateLimitServiceClient } from '../src/v1.js';
import { type Details, deferred, eventually, failure, withServer } from './fixture/fake-server.js';

type Call = { request: { requestId: string }; metadata: Metadata; getDeadline(): Date | number };
type Callback = (failure: object | null, response?: object) => void;

const ALLOWED = CheckRateResponse.create({ allowed: true, remaining: 4 });

/** Fails the first attempts, and remembers the request ids of all. */
function failing(attempts: number, details: Details = {}, code = Status.UNAVAILABLE) {
  const received: string[] = [];
  const checkRate = (call: Call, callback: Callback) => {
    received.push(call.request.requestId);
    callback(...((received.length <= attempts ? [failure(code, details)] : [null, ALLOWED]) as [object]));
  };
  return { received, checkRate };
}

test('a check is sent again with the same request id', async () => {
  const { received, checkRate } = failing(2, { retryDelayMs: 1 });
  await withServer({ checkRate }, async (client) => {
    assert.deepEqual(await client.checkRate('alice', 'login'), ALLOWED);
    assert.equal(received.length, 3);
    assert.equal(new Set(received).size, 1);
    assert.match(received[0] ?? '', /^[0-9a-f-]{36}$/);
  });
});

test('a call has 3 attempts at most', async () => {
  const { received, checkRate } = failing(9, { retryDelayMs: 1 });
  await withServer({ checkRate }, async (client) => {
    await assert.rejects(client.checkRate('alice', 'login'), { status: 'UNAVAILABLE', retryDelayMs: 1 });
    assert.equal(received.length, 3);
  });
});

test('a check without a request id is not sent again', async () => {
  const { received, checkRate } = failing(9, { retryDelayMs: 1 });
  await withServer({ checkRate }, async (client) => {
    await assert.rejects(client.rateLimits.checkRate({ userId: 'alice', action: 'login' }), { status: 'UNAVAILABLE' });
    assert.equal(received.length, 1);
  });
});

test('only UNAVAILABLE is retried', async () => {
  const { received, checkRate } = failing(9, { retryDelayMs: 1 }, Status.RESOURCE_EXHAUSTED);
  await withServer({ checkRate }, async (client) => {
    await assert.rejects(client.checkRate('alice', 'login'), { status: 'RESOURCE_EXHAUSTED' });
    assert.equal(received.length, 1);
  });
});

test('a retry that would start past the deadline or after 10 s is skipped', async () => {
  for (const [retryDelayMs, deadlineMs] of [
    [9_000, 5_000],
    [10_001, 60_000],
  ] as const) {
    const { received, checkRate } = failing(9, { retryDelayMs });
    await withServer({ checkRate }, async (client) => {
      await assert.rejects(client.checkRate('alice', 'login', { deadlineMs }), { status: 'UNAVAILABLE', retryDelayMs });
      assert.equal(received.length, 1);
    });
  }
});

test('a call has the default deadline of a second, or its own', async () => {
  const deadlines: number[] = [];
  const checkRate = (call: Call, callback: Callback) => {
    deadlines.push(Number(call.getDeadline()));
    callback(null, ALLOWED);
  };
  await withServer(
    { checkRate },
    async (client) => {
      const begin = Date.now();
      await client.checkRate('alice', 'login', { deadlineMs: 3_600_000 });
      assert.ok(Math.abs((deadlines[0] ?? 0) - begin - 3_600_000) < 600_000);
      await assert.rejects(
        client.checkRate('alice', 'login', { deadlineMs: 0 }),
        /deadlineMs: 0 \(expected: 1 to 3600000\)/,
      );
    },
    { deadlineMs: undefined },
  );
  await withServer(
    { checkRate: () => {} },
    async (client) => {
      await assert.rejects(client.checkRate('alice', 'login'), { status: 'DEADLINE_EXCEEDED', reason: undefined });
    },
    { deadlineMs: undefined },
  );
});

test('an aborted call ends at once, on the server too', async () => {
  const abort = new AbortController();
  const cancelled = deferred();
  const checkRate = (call: { on(event: string, listener: () => void): void }) => {
    call.on('cancelled', cancelled.resolve);
    abort.abort(new Error('the user left'));
  };
  await withServer({ checkRate }, async (client) => {
    await assert.rejects(client.checkRate('alice', 'login', { signal: abort.signal }), (error: EphemeralError) => {
      assert.equal(error.status, 'CANCELLED');
      assert.match(String(error.cause), /the user left/);
      return true;
    });
    await cancelled.promise;
    await assert.rejects(client.checkRate('alice', 'login', { signal: abort.signal }), { status: 'CANCELLED' });
  });
});

test('an abort ends the wait for a retry', async () => {
  const abort = new AbortController();
  const { received, checkRate } = failing(9, { retryDelayMs: 9_000 });
  await withServer({ checkRate }, async (client) => {
    const call = client.checkRate('alice', 'login', { signal: abort.signal });
    await eventually(() => received.length === 1);
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(call, { status: 'CANCELLED' });
    assert.equal(received.length, 1);
  });
});

test('an error has the reason, the delay and the metadata of the server', async () => {
  const details = { reason: 'ERROR_REASON_REDIS_UNAVAILABLE', metadata: { shard: '2' }, retryDelayMs: 1_500 };
  const { checkRate } = failing(9, details, Status.INTERNAL);
  await withServer({ checkRate }, async (client) => {
    await assert.rejects(client.checkRate('alice', 'login'), (error) => {
      assert.ok(error instanceof EphemeralError);
      assert.equal(error.code, Status.INTERNAL);
      assert.equal(error.reason, ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE);
      assert.equal(error.retryDelayMs, 1_500);
      assert.deepEqual(error.metadata, { shard: '2' });
      assert.equal(error.message, 'INTERNAL: the test fails the call: INTERNAL');
      return true;
    });
  });
});

test('a reason of a newer server is UNRECOGNIZED, one of another domain is absent', async () => {
  for (const [details, reason, reasonName] of [
    [{ reason: 'ERROR_REASON_NEW' }, ErrorReason.UNRECOGNIZED, 'ERROR_REASON_NEW'],
    [{ reason: 'ERROR_REASON_INTERNAL', domain: 'proxy.example.com' }, undefined, undefined],
  ] as const) {
    const { checkRate } = failing(9, details);
    await withServer({ checkRate }, async (client) => {
      await assert.rejects(client.rateLimits.checkRate({}), { reason, reasonName });
    });
  }
});

test('an error shows no token and no content of the request', async () => {
  const verifyOtp = (_call: Call, callback: Callback) => callback(failure(Status.INTERNAL));
  const options = { token: () => 'secret-token' };
  await withServer(
    { verifyOtp },
    async (client) => {
      await assert.rejects(client.otp.verifyOtp({ userId: 'alice', code: '123456' }), (error) => {
        assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /123456|secret-token/);
        return true;
      });
    },
    options,
  );
});

test('each call and generated client can carry metadata, the token is that of the moment', async () => {
  const sent: unknown[] = [];
  const checkRate = (call: Call, callback: Callback) => {
    sent.push([call.metadata.get('authorization')[0], call.metadata.get('trace')[0]]);
    callback(null, ALLOWED);
  };
  let token = 'one';
  await withServer(
    { checkRate },
    async (client) => {
      const metadata = new Metadata();
      metadata.set('trace', '7');
      await client.checkRate('alice', 'login', { metadata });
      token = '';
      await client.checkRate('alice', 'login');
      const generated = client.stub(RateLimitServiceClient);
      const response = deferred<unknown>();
      generated.checkRate({ userId: 'alice', action: 'login', hits: undefined, requestId: '' }, (_error, answer) =>
        response.resolve(answer),
      );
      assert.deepEqual(await response.promise, ALLOWED);
      assert.deepEqual(sent, [
        ['Bearer one', '7'],
        [undefined, undefined],
        [undefined, undefined],
      ]);
    },
    { token: () => token },
  );
});

test('close waits for calls in flight, and rejects later ones', async () => {
  const answer = deferred();
  const arrived = deferred();
  const checkRate = (_call: Call, callback: Callback) => {
    arrived.resolve();
    answer.promise.then(() => callback(null, ALLOWED));
  };
  await withServer({ checkRate }, async (client) => {
    const call = client.checkRate('alice', 'login');
    await arrived.promise;
    const closed = client.close();
    await assert.rejects(client.checkRate('alice', 'login'), /the client is closed/);
    answer.resolve();
    assert.deepEqual(await call, ALLOWED);
    await closed;
    assert.throws(() => client.watchPresence(), /the client is closed/);
  });
});

test('close cancels calls that take longer than the deadline', async () => {
  const arrived = deferred();
  await withServer(
    { checkRate: arrived.resolve },
    async (client) => {
      const call = client.checkRate('alice', 'login', { deadlineMs: 60_000 });
      const rejected = assert.rejects(call, { status: 'CANCELLED' });
      await arrived.promise;
      await client.close();
      await rejected;
    },
    { deadlineMs: 50 },
  );
});

test('without a server, a call fails with UNAVAILABLE and no reason', async () => {
  const client = new EphemeralClient('127.0.0.1:1', { plaintext: true, deadlineMs: 30_000 });
  await assert.rejects(client.rateLimits.checkRate({}), { status: 'UNAVAILABLE', reason: undefined });
  await client.close();
});

test('after 50 failures nothing is retried, and 10 successes make up for one', () => {
  const throttle = new RetryThrottle();
  for (let i = 0; i < 50; i++) {
    assert.ok(throttle.allowsRetry, `failure ${i}`);
    throttle.record(Status.UNAVAILABLE);
  }
  throttle.record(Status.UNAVAILABLE);
  throttle.record(Status.NOT_FOUND);
  for (let i = 0; i < 11; i++) {
    assert.ok(!throttle.allowsRetry, `success ${i}`);
    throttle.record(Status.OK);
  }
  assert.ok(throttle.allowsRetry);
});
