import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status as Status } from '@grpc/grpc-js';
import { EphemeralError } from '../src/ephemeral-error.js';
import { HeartbeatLoop } from '../src/heartbeat/heartbeat-loop.js';
import { HeartbeatSchedule } from '../src/heartbeat/heartbeat-schedule.js';
import type { OutgoingStream } from '../src/stream/reconnecting-stream.js';
import { ErrorReason, type StreamHeartbeatsRequest, StreamHeartbeatsResponse } from '../src/v1.js';
import { deferred, eventually, withServer } from './fixture/fake-server.js';
import { FakeStreams } from './fixture/fake-stream.js';

const BROKEN = new EphemeralError({ code: Status.UNAVAILABLE, details: 'test' });

/** A loop on a stream and a clock of the test. */
function newLoop() {
  const sent: StreamHeartbeatsRequest[] = [];
  const aborted: string[] = [];
  const offline: string[] = [];
  const rejected: unknown[] = [];
  const offlineCalls: ReturnType<typeof deferred<void>>[] = [];
  const clock = { now: 0 };
  const stream: OutgoingStream<StreamHeartbeatsRequest> = {
    isReady: true,
    send: (message) => sent.push(message),
    abort: (reason) => aborted.push(reason),
  };
  const setOffline = (userId: string, connectionId: string) => {
    offline.push(`${userId} ${connectionId}`);
    const call = deferred();
    offlineCalls.push(call);
    return call.promise;
  };
  const listener = { rejected: (...args: unknown[]) => rejected.push(args) };
  const loop = new HeartbeatLoop(
    stream,
    setOffline,
    listener,
    () => clock.now,
    () => 0.5,
  );
  const respond = (more = {}) =>
    loop.onMessage(
      StreamHeartbeatsResponse.create({
        sequence: sent.length,
        nextIn: { seconds: 3 },
        expiresIn: { seconds: 10 },
        ...more,
      }),
    );
  const tickAt = (now: number) => {
    clock.now = now;
    loop.tick();
  };
  return { loop, sent, aborted, offline, offlineCalls, rejected, respond, tickAt, clock };
}

test('the first heartbeat is sent at the next tick, the second within the interval, later ones up to a tenth early', () => {
  const { loop, sent, respond, tickAt } = newLoop();
  loop.add('alice', '');
  loop.add('alice', '');
  loop.add('bob', 'c1');
  tickAt(100);
  assert.deepEqual(sent, [{ sequence: 1, userIds: ['alice'], heartbeats: [{ userId: 'bob', connectionId: 'c1' }] }]);
  respond();
  tickAt(1_500);
  assert.equal(sent.length, 1);
  tickAt(1_526); // 100 + 3,000 × 0.95 × 0.5
  assert.equal(sent.length, 2);
  respond();
  tickAt(4_375);
  assert.equal(sent.length, 2);
  tickAt(4_377); // 1,526 + 3,000 × (1 - 0.1 × 0.5)
  assert.equal(sent.length, 3);
});

test('a frame has at most 1,000 heartbeats, and 4 frames wait for their responses', () => {
  const { loop, sent, tickAt, respond } = newLoop();
  for (let i = 0; i < 5_500; i++) {
    loop.add(`user-${i}`, '');
  }
  tickAt(100);
  assert.deepEqual(
    sent.map(({ userIds }) => userIds.length),
    [1_000, 1_000, 1_000, 1_000],
  );
  loop.onMessage(StreamHeartbeatsResponse.create({ sequence: 1 }));
  assert.equal(sent.length, 5);
  loop.onMessage(StreamHeartbeatsResponse.create({ sequence: 2 }));
  assert.equal(sent[5]?.userIds.length, 500);
  respond({ sequence: 9 });
});

test('an invalid id is rejected once, other rejections are repeated with growing waits', async () => {
  const { loop, sent, rejected, respond, tickAt } = newLoop();
  loop.add('a b', '');
  loop.add('alice', '');
  tickAt(100);
  const invalid = { index: 0, errorReason: ErrorReason.ERROR_REASON_INVALID_FIELD, message: 'user_id' };
  respond({ rejected: [invalid, { index: 1, errorReason: ErrorReason.ERROR_REASON_OVERLOADED, message: '' }] });
  await new Promise((resolve) => process.nextTick(resolve));
  assert.deepEqual(rejected, [['a b', ErrorReason.ERROR_REASON_INVALID_FIELD, 'user_id']]);
  tickAt(199);
  assert.equal(sent.length, 1);
  tickAt(200);
  assert.deepEqual(sent[1]?.userIds, ['alice']);
  respond({ rejected: [{ index: -1, errorReason: ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE, message: '' }] });
  tickAt(399);
  assert.equal(sent.length, 2);
  tickAt(400);
  assert.equal(sent.length, 3);
});

test('a removed user is set offline once no heartbeat is in flight, and comes back only after that call', async () => {
  const { loop, sent, offline, offlineCalls, respond, tickAt } = newLoop();
  loop.add('alice', 'c1');
  tickAt(100);
  loop.remove('alice', 'c1');
  assert.deepEqual(offline, []);
  respond();
  assert.deepEqual(offline, ['alice c1']);
  loop.add('alice', 'c1');
  tickAt(200);
  assert.equal(sent.length, 1);
  offlineCalls[0]?.resolve();
  await offlineCalls[0]?.promise;
  await new Promise(setImmediate);
  tickAt(300);
  assert.equal(sent.length, 2);
});

test('removeAll waits for all calls, 64 at a time; stop sends none', async () => {
  const { loop, offline, offlineCalls, tickAt } = newLoop();
  for (let i = 0; i < 100; i++) {
    loop.add(`user-${i}`, '');
  }
  loop.stop('user-99', '');
  let isDone = false;
  const done = loop.removeAll().then(() => {
    isDone = true;
  });
  assert.equal(offline.length, 64);
  for (let i = 0; i < 99; i++) {
    await eventually(() => offlineCalls[i] !== undefined);
    assert.ok(!isDone);
    tickAt(100 + i);
    if (i % 2 === 0) {
      offlineCalls[i]?.resolve();
    } else {
      offlineCalls[i]?.reject(new Error('test'));
    }
  }
  await new Promise(setImmediate);
  tickAt(1_000);
  await done;
  assert.equal(offline.length, 99);
});

test('a frame without a response for half of the lifetime, or out of order, ends the stream', () => {
  const { loop, aborted, tickAt, respond } = newLoop();
  loop.add('alice', '');
  tickAt(100);
  tickAt(5_100);
  assert.deepEqual(aborted, []);
  tickAt(5_101);
  assert.equal(aborted.length, 1);
  respond({ sequence: 7 });
  assert.equal(aborted.length, 2);
});

test('after a break heartbeats in flight are sent again, spread over the interval', () => {
  const { loop, sent, tickAt, clock } = newLoop();
  for (const user of ['a', 'b', 'c']) {
    loop.add(user, '');
  }
  tickAt(100);
  loop.onBreak(BROKEN);
  clock.now = 1_000;
  loop.onOpen();
  for (let now = 1_000; now <= 4_000; now += 100) {
    tickAt(now);
  }
  assert.deepEqual(
    sent.slice(1).map(({ userIds }) => userIds.length),
    [1, 1, 1],
  );
});

test('after a reconnect a user that would go offline before its turn is scheduled earlier', () => {
  const schedule = new HeartbeatSchedule(100, () => 0.5);
  for (let i = 0; i < 100; i++) {
    schedule.add(`user-${i}`, '', 0);
  }
  for (const timer of schedule.takeDue(0, 100)) {
    schedule.accepted(timer, 0);
  }
  schedule.spread(8_000);
  // Each lifetime ends at 10,000, and half an interval before that is 8,500.
  assert.equal(schedule.takeDue(8_500, 1_000).length, 100);
});

test('the schedule takes what is due in the order of time', () => {
  const schedule = new HeartbeatSchedule(100, Math.random);
  const due = Array.from({ length: 500 }, (_, i) => (i * 7_919) % 500);
  for (const [i, time] of due.entries()) {
    schedule.add(`user-${i}`, '', time);
  }
  for (const time of [100, 250, 499]) {
    const taken = schedule.takeDue(time, 1_000).map((timer) => timer.due);
    assert.deepEqual(
      taken,
      [...taken].sort((one, other) => one - other),
    );
    assert.ok(taken.every((each) => each <= time));
  }
  assert.equal(schedule.takeDue(10_000, 1_000).length, 0);
});

test('heartbeats run on one stream of a server, which is opened again when it breaks', async () => {
  const streams = new FakeStreams<StreamHeartbeatsRequest, StreamHeartbeatsResponse>();
  const offline: unknown[] = [];
  const handlers = {
    streamHeartbeats: streams.handler,
    setOffline: (call: { request: unknown }, callback: (failure: null, response: object) => void) => {
      offline.push(call.request);
      callback(null, { wentOffline: true });
    },
  };
  await withServer(handlers, async (client) => {
    const came: string[] = [];
    const heartbeats = client.heartbeats({ cameOnline: (userId) => came.push(userId) });
    heartbeats.add('alice', 'c1');
    const first = await streams.at(0);
    assert.deepEqual(first.requests[0]?.heartbeats, [{ userId: 'alice', connectionId: 'c1' }]);
    first.fail(Status.UNAVAILABLE, { retryDelayMs: 1 });
    const second = await streams.at(1);
    const sequence = second.requests[0]?.sequence ?? 0;
    second.send(StreamHeartbeatsResponse.create({ sequence, cameOnline: ['alice'] }));
    await eventually(() => came.length === 1);
    await heartbeats.removeAll();
    assert.deepEqual(offline, [{ userId: 'alice', connectionId: 'c1' }]);
    heartbeats.close();
    await heartbeats.removeAll();
    await eventually(() => second.isCancelled);
  });
});
