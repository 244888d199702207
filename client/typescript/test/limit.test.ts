import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata, status as Status } from '@grpc/grpc-js';
import express from 'express';
import Fastify, { type FastifyRequest } from 'fastify';
import type { EphemeralClient } from '../src/ephemeral-client.js';
import { EphemeralError } from '../src/ephemeral-error.js';
import * as forExpress from '../src/limit/express.js';
import * as forFastify from '../src/limit/fastify.js';
import { limit } from '../src/limit/limit.js';
import { CheckRateResponse } from '../src/v1.js';
import { statusDetails } from './fixture/fake-server.js';

const ALLOWED = { allowed: true, limit: 5, remaining: 4, resetAfter: { seconds: 59, nanos: 1 } };
const DENIED = {
  allowed: false,
  limit: 5,
  resetAfter: { seconds: 60, nanos: 0 },
  retryAfter: { seconds: 12, nanos: 500_000 },
};

/** Allows so many checks, and denies later ones. */
function fakeClient(allowed: number) {
  const checks: unknown[] = [];
  const client: Pick<EphemeralClient, 'checkRate'> = {
    async checkRate(userId, action, options) {
      checks.push([userId, action, options?.deadlineMs]);
      return CheckRateResponse.create(checks.length <= allowed ? ALLOWED : DENIED);
    },
  };
  return { client, checks };
}

function failingClient(code: Status, retryDelayMs?: number, reason?: string): Pick<EphemeralClient, 'checkRate'> {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', statusDetails(code, { retryDelayMs, reason }));
  return { checkRate: () => Promise.reject(new EphemeralError({ code, details: 'test', metadata })) };
}

const OUTAGES = [
  [Status.UNAVAILABLE],
  [Status.DEADLINE_EXCEEDED],
  [Status.RESOURCE_EXHAUSTED, 'ERROR_REASON_OVERLOADED'],
  [Status.RESOURCE_EXHAUSTED, 'ERROR_REASON_BUDGET_FULL'],
] as const;

const MISTAKES = [
  [Status.NOT_FOUND, 'ERROR_REASON_UNKNOWN_ACTION'],
  [Status.UNAUTHENTICATED],
  [Status.PERMISSION_DENIED],
  [Status.INVALID_ARGUMENT],
  [Status.FAILED_PRECONDITION],
  [Status.RESOURCE_EXHAUSTED],
  [Status.RESOURCE_EXHAUSTED, 'ERROR_REASON_QUOTA_EXCEEDED'],
  [Status.CANCELLED],
] as const;

const failing = () => failingClient(Status.NOT_FOUND, undefined, 'ERROR_REASON_UNKNOWN_ACTION');
const DEFECT = 'rate limit of "x": NOT_FOUND, ERROR_REASON_UNKNOWN_ACTION';

test('a decision has the status and the headers of the response, in whole seconds rounded up', async () => {
  const { client, checks } = fakeClient(1);
  const decide = limit(client, { action: 'login' });
  assert.deepEqual(await decide('alice'), {
    status: 200,
    headers: { 'RateLimit-Limit': '5', 'RateLimit-Remaining': '4', 'RateLimit-Reset': '60' },
  });
  assert.deepEqual(await decide('alice'), {
    status: 429,
    headers: { 'RateLimit-Limit': '5', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '60', 'Retry-After': '13' },
  });
  assert.deepEqual(checks[0], ['alice', 'login', 200]);
});

test('while Ephemeral is unavailable, open lets requests pass and closed responds with 503', async () => {
  for (const [code, reason] of OUTAGES) {
    const client = failingClient(code, 1_001, reason);
    assert.deepEqual(await limit(client, { action: 'login' })('alice'), { status: 200, headers: {} });
    const closed = limit(client, { action: 'login', onUnavailable: 'closed' });
    assert.deepEqual(await closed('alice'), { status: 503, headers: { 'Retry-After': '2' } });
  }
  const closed = limit(failingClient(Status.UNAVAILABLE), { action: 'login', onUnavailable: 'closed' });
  assert.deepEqual(await closed('alice'), { status: 503, headers: {} });
});

test('a failure that is not an outage is not hidden', async () => {
  for (const [code, reason] of MISTAKES) {
    for (const onUnavailable of ['open', 'closed'] as const) {
      const decide = limit(failingClient(code, 1, reason), { action: 'logn', onUnavailable });
      await assert.rejects(decide('alice'), { code, reasonName: reason });
    }
  }
});

test('a call that the server cancels at its deadline counts as unavailable', async () => {
  const client: Pick<EphemeralClient, 'checkRate'> = {
    async checkRate(_userId, _action, options) {
      await sleep((options?.deadlineMs ?? 0) + 2);
      throw new EphemeralError({ code: Status.CANCELLED, details: 'test' });
    },
  };
  assert.deepEqual(await limit(client, { action: 'login', deadlineMs: 1 })('alice'), { status: 200, headers: {} });
});

test('Express: the sixth login gets 429, by user, and a mistake 500 without details', async () => {
  const { client, checks } = fakeClient(5);
  const app = express();
  const user = (request: express.Request) => String(request.query.user);
  app.post('/login', forExpress.rateLimit(client, { action: 'login', key: user }), (_request, response) => {
    response.sendStatus(401);
  });
  app.post('/defect', forExpress.rateLimit(failing(), { action: 'x' }));
  const noKey = () => {
    throw new Error('no key');
  };
  app.post('/key', forExpress.rateLimit(client, { action: 'x', key: noKey }));
  app.post(
    '/closed',
    forExpress.rateLimit(failingClient(Status.UNAVAILABLE), { action: 'x', onUnavailable: 'closed' }),
  );
  const keyFailures: string[] = [];
  app.use((failure: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    keyFailures.push(failure.message);
    response.sendStatus(500);
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const post = (path: string) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method: 'POST' });
  try {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      statuses.push((await post('/login?user=alice%20b')).status);
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401]);
    const denied = await post('/login?user=alice%20b');
    assert.equal(denied.status, 429);
    assert.equal(denied.headers.get('Retry-After'), '13');
    assert.equal(denied.headers.get('RateLimit-Remaining'), '0');
    assert.equal(await denied.text(), 'Too many requests');
    assert.deepEqual(checks[0], ['alice%20b', 'login', 200]);
    const log = mock.method(console, 'error', () => {});
    const failed = await post('/defect');
    log.mock.restore();
    assert.equal(failed.status, 500);
    assert.equal(await failed.text(), 'Internal server error');
    assert.deepEqual(
      log.mock.calls.map(({ arguments: line }) => line),
      [[DEFECT]],
    );
    assert.equal((await post('/key')).status, 500);
    assert.deepEqual(keyFailures, ['no key']);
    assert.equal((await post('/closed')).status, 503);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('Fastify: the sixth login gets 429, by user, and a mistake 500 without details', async () => {
  const { client, checks } = fakeClient(5);
  const app = Fastify();
  const key = (request: FastifyRequest) => (request.query as { user: string }).user;
  app.post('/login', { onRequest: forFastify.rateLimit(client, { action: 'login', key }) }, (_request, reply) =>
    reply.code(401).send(),
  );
  const defect = forFastify.rateLimit(failing(), { action: 'x' });
  app.post('/defect', { onRequest: defect }, () => 'passed');
  const closed = forFastify.rateLimit(failingClient(Status.UNAVAILABLE), { action: 'x', onUnavailable: 'closed' });
  app.post('/closed', { onRequest: closed }, () => 'passed');
  const post = (url: string) => app.inject({ method: 'POST', url });
  for (let attempt = 0; attempt < 5; attempt++) {
    assert.equal((await post('/login?user=alice%20b')).statusCode, 401);
  }
  const denied = await post('/login?user=alice%20b');
  assert.equal(denied.statusCode, 429);
  assert.equal(denied.headers['retry-after'], '13');
  assert.equal(denied.headers['ratelimit-remaining'], '0');
  assert.equal(denied.body, 'Too many requests');
  assert.deepEqual(checks[0], ['alice%20b', 'login', 200]);
  const log = mock.method(console, 'error', () => {});
  const failed = await post('/defect');
  log.mock.restore();
  assert.equal(failed.statusCode, 500);
  assert.equal(failed.body, 'Internal server error');
  assert.deepEqual(
    log.mock.calls.map(({ arguments: line }) => line),
    [[DEFECT]],
  );
  assert.equal((await post('/closed')).statusCode, 503);
  await app.close();
});
