import { cancelled } from '../ephemeral-error.js';
import { CacheState } from '../v1.js';
import type { CacheBackend, CacheReply } from './cache-backend.js';
import { CacheLookup } from './cache-lookup.js';
import { type Loader, LoadPool } from './load-pool.js';

/** The server's limit for one object. */
const MAX_BYTES = 5_120;

/** One read. */
export interface ReadOptions {
  /** Ends this read, which then rejects with `CANCELLED`. A load that other reads share goes on. */
  signal?: AbortSignal;

  /** How long the caller has left: the cache gets half of it, if that is less than the client's `maxCacheWaitMs`. */
  deadlineMs?: number;
}

export interface ReadThroughSettings {
  maxCacheWaitMs: number;
  maxLoads: number;
  loadDeadlineMs: number;
}

/**
 * Reads small JSON objects through the cache, and loads those that are not cached.
 *
 * Concurrent reads of one id in this process share one lookup and at most one load. Of several processes, one receives
 * the lease to load and put the entry; the others poll. A put is not stored if the entry was evicted after its lease was
 * given. An entry past its soft age is returned at once while one process reloads it in the background. After
 * `maxCacheWaitMs`, or if Ephemeral or its Redis is unavailable, the object is loaded and not cached: a read never fails
 * because the cache failed. This process keeps no values.
 *
 * Load where a committed change is visible, such as the primary of a database.
 */
export class ReadThrough {
  readonly #backend: CacheBackend;
  readonly #maxCacheWaitMs: number;
  readonly #loads: LoadPool;
  readonly #lookups = new Map<string, CacheLookup>();
  readonly #refreshing = new Set<string>();

  /** @internal */
  constructor(backend: CacheBackend, settings: ReadThroughSettings) {
    this.#backend = backend;
    this.#maxCacheWaitMs = settings.maxCacheWaitMs;
    this.#loads = new LoadPool(settings.maxLoads, settings.loadDeadlineMs);
  }

  /**
   * Reads the object from the cache, or else from the loader, which is not called if the object is cached or already
   * being loaded. Resolves to one JSON object, byte for byte as it was loaded, or to null if the loader found none, which
   * is cached for 15 to 30 seconds. A value that is not a JSON object, or longer than 5,120 bytes, is returned and not
   * cached.
   *
   * Rejects with a LoadError if the load failed, and with an EphemeralError if the id is invalid or the read was aborted.
   */
  async get(id: string, loader: Loader, options: ReadOptions = {}): Promise<string | null> {
    const { signal, deadlineMs = Number.POSITIVE_INFINITY } = options;
    if (signal?.aborted) {
      throw cancelled(signal);
    }
    const lookup = this.#lookUp(id, loader, Math.max(1, Math.min(this.#maxCacheWaitMs, deadlineMs / 2)));
    return signal === undefined ? lookup.result : untilAborted(lookup.result, signal);
  }

  /**
   * Removes an object from the cache, and detaches loads that are in flight. Call it after the change is committed.
   * Resolves to whether it was cached. Rejects if the call failed; the old object may then stay cached until it expires, 5
   * and a half minutes at most.
   */
  async evict(id: string): Promise<boolean> {
    try {
      return await this.#backend.evict(id);
    } finally {
      this.#lookups.delete(id); // It may have read the old value; later callers start a new lookup.
    }
  }

  /** @internal */
  close(): Promise<void> {
    return this.#loads.close();
  }

  /** @internal */
  abortAll(): void {
    this.#loads.abortAll();
  }

  #lookUp(id: string, loader: Loader, maxWaitMs: number): CacheLookup {
    const open = this.#lookups.get(id);
    if (open !== undefined) {
      open.endAfter(maxWaitMs);
      return open;
    }
    const own = new CacheLookup(this.#backend, id);
    this.#lookups.set(id, own);
    own.result = own.reply
      .then((reply) => this.#resolve(id, reply, loader))
      .finally(() => {
        if (this.#lookups.get(id) === own) {
          this.#lookups.delete(id);
        }
      });
    own.result.catch(() => {}); // Each reader handles it; one that was aborted does not.
    own.start(maxWaitMs);
    return own;
  }

  #resolve(id: string, { state, json, lease }: CacheReply, loader: Loader): Promise<string | null> | string | null {
    switch (state) {
      case CacheState.CACHE_STATE_HIT:
        return json;
      case CacheState.CACHE_STATE_NEGATIVE:
        return null;
      case CacheState.CACHE_STATE_STALE:
        this.#refresh(id, lease, loader);
        return json;
      case CacheState.CACHE_STATE_MISS:
        return this.#loadAndPut(id, lease, loader);
      default:
        return this.#loads.load(id, loader);
    }
  }

  #refresh(id: string, lease: string, loader: Loader): void {
    if (!this.#refreshing.has(id)) {
      this.#refreshing.add(id);
      const onEnd = () => this.#refreshing.delete(id);
      this.#loadAndPut(id, lease, loader).then(onEnd, onEnd); // If it fails, the next lease retries.
    }
  }

  /** Does not wait for the put: the value is good whether or not it is stored. After a failed load the lease expires. */
  async #loadAndPut(id: string, lease: string, loader: Loader): Promise<string | null> {
    const value = await this.#loads.load(id, loader);
    if (value === null || Buffer.byteLength(value) <= MAX_BYTES) {
      this.#backend.put(id, value, lease).catch(() => {});
    }
    return value;
  }
}

function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(cancelled(signal));
    signal.addEventListener('abort', onAbort);
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
