import type { UnaryCalls } from '../unary/unary-calls.js';
import type { CacheServiceService, CacheState, Duration } from '../v1.js';
import { CacheServiceService as service } from '../v1.js';

/** The cache's reply for one id. */
export interface CacheReply {
  state: CacheState;
  json: string;
  lease: string;

  /** On a miss without a lease, how long another caller's lease lasts. */
  wait: Duration | undefined;
}

/** The cache of one kind of object. */
export interface CacheBackend {
  get(id: string, deadlineMs: number): Promise<CacheReply>;
  put(id: string, value: string | null, lease: string): Promise<unknown>;
  evict(id: string): Promise<boolean>;
}

/** The requests and responses of users and products have the same fields. */
export function cacheBackend(calls: UnaryCalls, kind: 'User' | 'Product'): CacheBackend {
  const get: CacheServiceService['getCachedUser'] | CacheServiceService['getCachedProduct'] =
    service[`getCached${kind}`];
  const put: CacheServiceService['putCachedUser'] | CacheServiceService['putCachedProduct'] =
    service[`putCached${kind}`];
  const evict: CacheServiceService['evictCachedUser'] | CacheServiceService['evictCachedProduct'] =
    service[`evictCached${kind}`];
  return {
    // Not retried: the object is loaded instead.
    get: (id, deadlineMs) => calls.call(get, { id }, { deadlineMs }, false),
    put: (id, value, lease) =>
      calls.call(put, { id, lease, json: value ?? undefined, negative: value === null ? true : undefined }),
    evict: async (id) => (await calls.call(evict, { id })).evicted,
  };
}
