import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status as Status } from '@grpc/grpc-js';
import { LoadError } from '../src/read-through/load-pool.js';
import { CacheState } from '../src/v1.js';
import { deferred, eventually, failure, withServer } from './fixture/fake-server.js';

type Call = { request: { id: string; json?: string; negative?: boolean; lease: string } };
type Callback = (failure: object | null, response?: object) => void;

const reply = (state: CacheState, more = {}) => ({
  state,
  json: '',
  age: undefined,
  lease: '',
  wait: undefined,
  errorReason: '',
  ...more,
});
const MISS_WITH_LEASE = reply(CacheState.CACHE_STATE_MISS, { lease: 'lease-1' });

/** A cache that replies to the nth lookup with the nth reply, to later ones with the last. */
function fakeCache(...replies: (object | Partial<Error>)[]) {
  const lookups: string[] = [];
  const puts: Call['request'][] = [];
  const handlers = {
    getCachedUser: (call: Call, callback: Callback) => {
      lookups.push(call.request.id);
      const next = replies[Math.min(lookups.length, replies.length) - 1] as object;
      return 'state' in next ? callback(null, next) : callback(next);
    },
    putCachedUser: (call: Call, callback: Callback) => {
      puts.push(call.request);
      callback(null, { stored: true });
    },
    evictCachedUser: (_call: Call, callback: Callback) => callback(null, { evicted: true }),
  };
  return { lookups, puts, handlers };
}

const neverLoads = () => assert.fail('the loader was called');

test('a cached object is returned, a cached absence is null', async () => {
  const { handlers } = fakeCache(
    reply(CacheState.CACHE_STATE_HIT, { json: '{"a":1}' }),
    reply(CacheState.CACHE_STATE_NEGATIVE),
  );
  await withServer(handlers, async (client) => {
    assert.equal(await client.users.get('42', neverLoads), '{"a":1}');
    assert.equal(await client.users.get('42', neverLoads), null);
  });
});

test('the process with the lease loads and puts; an absence is put as such', async () => {
  const { handlers, puts } = fakeCache(MISS_WITH_LEASE);
  await withServer(handlers, async (client) => {
    assert.equal(await client.users.get('42', async (id) => `{"id":"${id}"}`), '{"id":"42"}');
    assert.equal(await client.users.get('43', () => null), null);
    await eventually(() => puts.length === 2);
    assert.deepEqual(puts, [
      { id: '42', json: '{"id":"42"}', negative: undefined, lease: 'lease-1' },
      { id: '43', json: undefined, negative: true, lease: 'lease-1' },
    ]);
  });
});

test('concurrent reads share one lookup and one load; an eviction detaches it', async () => {
  const { handlers, lookups } = fakeCache(MISS_WITH_LEASE);
  const loaded = deferred<string>();
  let loads = 0;
  const loader = () => {
    loads++;
    return loads === 1 ? loaded.promise : '{"v":2}';
  };
  await withServer(handlers, async (client) => {
    const reads = [client.users.get('42', loader), client.users.get('42', loader)];
    await eventually(() => loads === 1);
    assert.equal(await client.users.evict('42'), true);
    assert.equal(await client.users.get('42', loader), '{"v":2}');
    loaded.resolve('{"v":1}');
    assert.deepEqual(await Promise.all(reads), ['{"v":1}', '{"v":1}']);
    assert.equal(loads, 2);
    assert.equal(lookups.length, 2);
  });
});

test('while another process has the lease, this one polls', async () => {
  const wait = { seconds: 9, nanos: 0 };
  const leasedElsewhere = reply(CacheState.CACHE_STATE_MISS, { wait });
  const { handlers, lookups } = fakeCache(
    leasedElsewhere,
    leasedElsewhere,
    reply(CacheState.CACHE_STATE_HIT, { json: '{}' }),
  );
  await withServer(handlers, async (client) => {
    assert.equal(await client.users.get('42', neverLoads), '{}');
    assert.equal(lookups.length, 3);
  });
});

test('an object past its soft age is returned at once and loaded in the background, once', async () => {
  const { handlers, puts } = fakeCache(reply(CacheState.CACHE_STATE_STALE, { json: '{"v":1}', lease: 'lease-2' }));
  const loaded = deferred<string>();
  let loads = 0;
  const loader = () => {
    loads++;
    return loaded.promise;
  };
  await withServer(handlers, async (client) => {
    assert.equal(await client.users.get('42', loader), '{"v":1}');
    assert.equal(await client.users.get('42', loader), '{"v":1}');
    loaded.resolve('{"v":2}');
    await eventually(() => puts.length === 1);
    assert.equal(puts[0]?.json, '{"v":2}');
    assert.equal(loads, 1);
  });
});

test('while the cache fails or does not answer, objects are loaded and not put', async () => {
  for (const getCachedUser of [
    (_call: Call, callback: Callback) => callback(failure(Status.UNAVAILABLE, { retryDelayMs: 1 })),
    () => {},
    (_call: Call, callback: Callback) => callback(null, reply(CacheState.CACHE_STATE_MISS)), // Leased for ever.
  ]) {
    const { handlers, puts } = fakeCache();
    let lookups = 0;
    const counted = (call: Call, callback: Callback) => {
      lookups++;
      getCachedUser(call, callback);
    };
    await withServer(
      { ...handlers, getCachedUser: counted },
      async (client) => {
        assert.equal(await client.users.get('42', () => '{}'), '{}');
        assert.equal(await client.users.get('42', () => '{}', { deadlineMs: 20 }), '{}');
        assert.deepEqual(puts, []);
        assert.ok(lookups >= 1);
      },
      { maxCacheWaitMs: 100 },
    );
  }
});

test('an invalid id fails the read', async () => {
  const { handlers } = fakeCache(failure(Status.INVALID_ARGUMENT, { reason: 'ERROR_REASON_INVALID_FIELD' }));
  await withServer(handlers, async (client) => {
    await assert.rejects(client.users.get('a b', neverLoads), { reason: 'ERROR_REASON_INVALID_FIELD' });
  });
});

test('a failed load fails all its reads, and the next read loads again', async () => {
  const { handlers, puts } = fakeCache(MISS_WITH_LEASE);
  const loads = deferred<string>();
  let count = 0;
  const loader = () => {
    count++;
    return loads.promise;
  };
  await withServer(handlers, async (client) => {
    const reads = [client.users.get('42', loader), client.users.get('42', loader)];
    const rejections = reads.map((read) =>
      assert.rejects(read, (error: Error) => {
        assert.ok(error instanceof LoadError);
        assert.match(String(error.cause), /no database/);
        return true;
      }),
    );
    await eventually(() => count === 1);
    loads.reject(new Error('no database'));
    await Promise.all(rejections);
    assert.equal(await client.users.get('42', () => '{}'), '{}');
    await assert.rejects(client.users.get('43', (() => 7) as never), LoadError);
    await eventually(() => puts.length === 1);
  });
});

test('a value that is too long is returned and not cached', async () => {
  const { handlers, puts } = fakeCache(MISS_WITH_LEASE);
  const long = JSON.stringify({ text: 'é'.repeat(2_560) });
  await withServer(handlers, async (client) => {
    assert.equal(await client.users.get('42', () => long), long);
    assert.equal(await client.users.get('43', () => '{}'), '{}');
    await eventually(() => puts.length > 0);
    assert.deepEqual(
      puts.map(({ id }) => id),
      ['43'],
    );
  });
});

test('more loads than maxLoads wait, and fail at their deadline; the signal of a late one is aborted', async () => {
  const { handlers } = fakeCache(MISS_WITH_LEASE);
  const signals: AbortSignal[] = [];
  await withServer(
    handlers,
    async (client) => {
      const hangs = (_id: string, signal: AbortSignal) => {
        signals.push(signal);
        return new Promise<string>(() => {});
      };
      const [one, two] = await Promise.allSettled([client.users.get('1', hangs), client.users.get('2', hangs)]);
      assert.match(String((one as PromiseRejectedResult).reason), /the loader took longer than 200 ms/);
      assert.match(String((two as PromiseRejectedResult).reason), /too many loads: 1 at a time/);
      assert.equal(signals.length, 1);
      assert.ok(signals[0]?.aborted);
    },
    { maxLoads: 1, loadDeadlineMs: 200 },
  );
});

test('an aborted read ends alone: the load goes on for others', async () => {
  const { handlers } = fakeCache(MISS_WITH_LEASE);
  const loaded = deferred<string>();
  const abort = new AbortController();
  await withServer(handlers, async (client) => {
    const aborted = client.users.get('42', () => loaded.promise, { signal: abort.signal });
    const other = client.users.get('42', neverLoads);
    abort.abort();
    await assert.rejects(aborted, { status: 'CANCELLED' });
    loaded.resolve('{}');
    assert.equal(await other, '{}');
  });
});
