import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status as Status } from '@grpc/grpc-js';
import {
  type PresenceState,
  type SubscribeRequest,
  SubscribeResponse,
  type WatchPresenceRequest,
  WatchPresenceResponse,
  type WatchTypingRequest,
  WatchTypingResponse,
} from '../src/v1.js';
import { eventually, withServer } from './fixture/fake-server.js';
import { FakeStreams } from './fixture/fake-stream.js';

type Event = { type: string };

const state = (userId: string, online: boolean, version = 1): PresenceState => ({ userId, online, version });
const snapshot = (...users: PresenceState[]) => WatchPresenceResponse.create({ snapshot: { users } });
const draining = { timeLeft: { seconds: 30, nanos: 0 } };
const message = (text: string, messageId = text, roomId = 'kitchen') =>
  SubscribeResponse.create({ message: { roomId, senderId: 'bob', payload: Buffer.from(text), messageId } });
const subscribed = (...roomIds: string[]) => SubscribeResponse.create({ subscribed: { roomIds } });

const presence = () => new FakeStreams<WatchPresenceRequest, WatchPresenceResponse>();
const broadcast = () => new FakeStreams<SubscribeRequest, SubscribeResponse>();

/** Reads all events of a watch into a list, without those of the connection. */
function collect<E extends Event>(watch: AsyncIterable<E>): { events: E[]; end: Promise<void> } {
  const events: E[] = [];
  const read = async () => {
    for await (const event of watch) {
      if (event.type !== 'connected' && event.type !== 'disconnected') {
        events.push(event);
      }
    }
  };
  return { events, end: read() };
}

const summary = (events: Event[]) =>
  events.map((event) => {
    const { type, userId, payload } = event as Event & { userId?: string; payload?: Buffer };
    return [type, userId ?? payload?.toString()].filter(Boolean).join(' ');
  });

test('a watch sends its ids in one request, and delivers the state of each and then changes only', async () => {
  const streams = presence();
  await withServer({ watchPresence: streams.handler }, async (client) => {
    const watch = client.watchPresence(['alice', 'bob']);
    const { events } = collect(watch);
    const stream = await streams.at(0);
    assert.deepEqual(stream.requests[0], { addUserIds: ['alice', 'bob'], removeUserIds: [] });
    stream.send(snapshot(state('alice', true), state('bob', false)));
    stream.send(WatchPresenceResponse.create({ online: { users: [state('alice', true, 2)] } }));
    stream.send(WatchPresenceResponse.create({ online: { users: [state('bob', true, 3), state('carol', true, 3)] } }));
    await eventually(() => events.length === 3);
    assert.deepEqual(summary(events), ['online alice', 'offline bob', 'online bob']);
    watch.add('carol', 'alice');
    watch.remove('bob');
    await streams.at(0, 2);
    assert.deepEqual(stream.requests[1], { addUserIds: ['carol'], removeUserIds: ['bob'] });
    watch.close();
    await eventually(() => stream.isCancelled);
  });
});

test('more than 1,000 ids are sent in several requests; more than 20,000 and invalid ones are rejected', async () => {
  const streams = presence();
  await withServer({ watchPresence: streams.handler }, async (client) => {
    const watch = client.watchPresence(Array.from({ length: 20_000 }, (_, i) => `user-${i}`));
    const stream = await streams.at(0, 20);
    assert.deepEqual(new Set(stream.requests.map((request) => request.addUserIds.length)), new Set([1_000]));
    assert.throws(() => watch.add('one-more'), /watched: 20001 \(expected: at most 20000\)/);
    assert.throws(() => client.watchPresence(['a b']), RangeError);
  });
});

test('after a break the watch is stale, adds all ids again, and is resynced when each has its state', async () => {
  const streams = presence();
  await withServer({ watchPresence: streams.handler }, async (client) => {
    const { events } = collect(client.watchPresence(['alice', 'bob']));
    const first = await streams.at(0);
    first.send(snapshot(state('alice', true), state('bob', true)));
    await eventually(() => events.length === 2);
    first.fail(Status.UNAVAILABLE, { retryDelayMs: 1 });
    const second = await streams.at(1);
    assert.deepEqual(second.requests[0]?.addUserIds, ['alice', 'bob']);
    second.send(snapshot(state('alice', true)));
    second.send(snapshot(state('bob', false)));
    await eventually(() => events.length === 5);
    assert.deepEqual(summary(events.slice(2)), ['stale', 'offline bob', 'resynced']);
  });
});

test('while the Redis of the server is unavailable the watch is stale', async () => {
  const streams = presence();
  await withServer({ watchPresence: streams.handler }, async (client) => {
    const { events } = collect(client.watchPresence(['alice']));
    const stream = await streams.at(0);
    stream.send(snapshot(state('alice', true)));
    stream.send(WatchPresenceResponse.create({ stale: {} }));
    stream.send(WatchPresenceResponse.create({ stale: {} }));
    stream.send(WatchPresenceResponse.create({ resynced: {} }));
    await eventually(() => events.length === 3);
    assert.deepEqual(summary(events), ['online alice', 'stale', 'resynced']);
  });
});

test('when the server announces the end, the next stream takes over without an event', async () => {
  const streams = presence();
  await withServer({ watchPresence: streams.handler }, async (client) => {
    const { events } = collect(client.watchPresence(['alice', 'bob']));
    const first = await streams.at(0);
    first.send(snapshot(state('alice', true, 5), state('bob', true, 5)));
    first.send(WatchPresenceResponse.create({ draining }));
    const second = await streams.at(1);
    second.send(snapshot(state('alice', false, 4))); // Older than what was delivered.
    assert.equal(first.isHalfClosed, false);
    second.send(snapshot(state('bob', true, 6)));
    await eventually(() => first.isHalfClosed);
    first.end();
    second.send(WatchPresenceResponse.create({ offline: { users: [state('bob', false, 7)] } }));
    await eventually(() => events.length === 3);
    assert.deepEqual(summary(events), ['online alice', 'online bob', 'offline bob']);
  });
});

test('if the stream breaks before the next one has all ids, the watch is stale until it has', async () => {
  const streams = presence();
  await withServer({ watchPresence: streams.handler }, async (client) => {
    const { events } = collect(client.watchPresence(['alice', 'bob']));
    const first = await streams.at(0);
    first.send(snapshot(state('alice', true), state('bob', true)));
    first.send(WatchPresenceResponse.create({ draining }));
    const second = await streams.at(1);
    second.send(snapshot(state('alice', true, 2)));
    first.fail(Status.UNAVAILABLE, { reason: 'ERROR_REASON_DRAINING', retryDelayMs: 1 });
    await eventually(() => events.length === 3);
    second.send(snapshot(state('bob', true, 2)));
    await eventually(() => events.length === 4);
    assert.deepEqual(summary(events), ['online alice', 'online bob', 'stale', 'resynced']);
    assert.equal(streams.all.length, 2);
  });
});

test('pings do not break the streams of a server that shuts down', async () => {
  const streams = presence();
  await withServer(
    { watchPresence: streams.handler },
    async (client, server) => {
      const { events } = collect(client.watchPresence(['alice']));
      const stream = await streams.at(0);
      stream.send(snapshot(state('alice', true)));
      await eventually(() => events.length === 1);
      server.drain();
      await new Promise((resolve) => setTimeout(resolve, 500)); // Some pings would be due.
      stream.send(WatchPresenceResponse.create({ offline: { users: [state('alice', false, 2)] } }));
      await eventually(() => events.length === 2);
      assert.deepEqual(summary(events), ['online alice', 'offline alice']);
    },
    { channelOptions: { 'grpc.keepalive_time_ms': 100 } },
  );
});

test('no message is lost or repeated when one stream replaces the other', async () => {
  const streams = broadcast();
  await withServer({ subscribe: streams.handler }, async (client) => {
    const { events } = collect(client.subscribe(['kitchen'], { excludeSenderId: 'alice' }));
    const first = await streams.at(0);
    assert.equal(first.requests[0]?.excludeSenderId, 'alice');
    first.send(subscribed('kitchen'));
    first.send(message('1'));
    first.send(SubscribeResponse.create({ draining }));
    const second = await streams.at(1);
    second.send(message('2'));
    second.send(subscribed('kitchen'));
    await eventually(() => first.isHalfClosed);
    second.send(message('3'));
    second.send(message('4'));
    first.send(message('2'));
    first.send(message('3'));
    first.end();
    await eventually(() => events.length === 5);
    assert.deepEqual(summary(events), ['subscribed', 'message 1', 'message 2', 'message 3', 'message 4']);
  });
});

test('after a break of a subscription messages may be lost: gap, subscribed, resynced', async () => {
  const streams = broadcast();
  await withServer({ subscribe: streams.handler }, async (client) => {
    const { events } = collect(client.subscribe(['kitchen']));
    const first = await streams.at(0);
    first.send(subscribed('kitchen'));
    first.send(SubscribeResponse.create({ gap: { roomId: 'kitchen', lost: 7 } }));
    first.send(SubscribeResponse.create({ gap: { roomId: 'another', lost: 1 } }));
    first.fail(Status.UNAVAILABLE, { retryDelayMs: 1 });
    const second = await streams.at(1);
    second.send(subscribed('kitchen'));
    await eventually(() => events.length === 6);
    assert.deepEqual(events.slice(1), [
      { type: 'gap', roomId: 'kitchen', lost: 7 },
      { type: 'stale' },
      { type: 'gap', roomId: undefined, lost: undefined },
      { type: 'subscribed', roomIds: ['kitchen'] },
      { type: 'resynced' },
    ]);
  });
});

test('a reader that stops bounds what waits in this process, and reads all of it later, in order', async () => {
  const streams = broadcast();
  await withServer({ subscribe: streams.handler }, async (client) => {
    const subscription = client.subscribe(['kitchen']);
    const stream = await streams.at(0);
    stream.send(subscribed('kitchen'));
    const padding = 'x'.repeat(60_000);
    let sent = 0;
    while (stream.send(message(`${sent} ${padding}`, `id-${sent}`)) || sent < 400) {
      sent++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    let read = -1;
    for await (const event of subscription) {
      if (event.type === 'message') {
        assert.equal(Number(event.payload.toString().split(' ')[0]), ++read);
        if (read === sent) {
          break;
        }
      }
    }
    await eventually(() => stream.isCancelled); // To leave the loop closes the watch.
  });
});

test('no event about a removed id follows, also if it waited', async () => {
  const streams = new FakeStreams<WatchTypingRequest, WatchTypingResponse>();
  await withServer({ watchTyping: streams.handler }, async (client) => {
    const watch = client.watchTyping(['kitchen', 'hall']);
    const stream = await streams.at(0);
    stream.send(WatchTypingResponse.create({ typing: { roomId: 'kitchen', userIds: ['bob'] } }));
    stream.send(WatchTypingResponse.create({ typing: { roomId: 'hall', userIds: [] } }));
    assert.deepEqual(await watch.next(), { value: { type: 'connected' }, done: false });
    await eventually(() => true);
    watch.remove('kitchen');
    assert.deepEqual((await watch.next()).value, { type: 'typing', roomId: 'hall', userIds: [] });
    watch.close();
    assert.deepEqual(await watch.next(), { value: undefined, done: true });
  });
});

test('a signal and the end of the client close a watch', async () => {
  const streams = presence();
  await withServer({ watchPresence: streams.handler }, async (client) => {
    const abort = new AbortController();
    const aborted = collect(client.watchPresence(['alice'], { signal: abort.signal }));
    const other = collect(client.watchPresence(['alice']));
    await streams.at(1);
    abort.abort();
    await aborted.end;
    await client.close();
    await other.end;
    await eventually(() => streams.all.every((stream) => stream.isCancelled));
  });
});
