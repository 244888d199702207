import { status as Status } from '@grpc/grpc-js';
import { durationMs } from '../duration.js';
import { EphemeralError } from '../ephemeral-error.js';
import { CacheState } from '../v1.js';
import type { CacheBackend, CacheReply } from './cache-backend.js';

const FIRST_PAUSE_MS = 10;

/** The cache failed, or had no useful reply within the maximum wait. */
const UNKNOWN: CacheReply = { state: CacheState.CACHE_STATE_UNSPECIFIED, json: '', lease: '', wait: undefined };

/**
 * One lookup of one id, shared by all callers that read it at the same time: polls the cache until it has the object,
 * until this process gets the lease, or until the maximum wait ends.
 */
export class CacheLookup {
  /** Rejects only if the id is invalid. */
  readonly reply: Promise<CacheReply>;

  /** The object, once the reply was turned into one. */
  result!: Promise<string | null>;

  readonly #backend: CacheBackend;
  readonly #id: string;
  readonly #timers = new Set<NodeJS.Timeout>();
  #resolve!: (reply: CacheReply) => void;
  #reject!: (failure: unknown) => void;
  #isDone = false;

  constructor(backend: CacheBackend, id: string) {
    this.#backend = backend;
    this.#id = id;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  start(maxWaitMs: number): void {
    this.endAfter(maxWaitMs);
    void this.#poll(maxWaitMs, FIRST_PAUSE_MS);
  }

  /**
   * Ends the wait for the cache, unless it ends earlier. The shortest wait of all callers counts: a caller with little
   * time left needs a load rather than a failure.
   */
  endAfter(maxWaitMs: number): void {
    if (!this.#isDone) {
      this.#schedule(maxWaitMs, () => this.#complete(UNKNOWN));
    }
  }

  async #poll(leftMs: number, pauseMs: number): Promise<void> {
    const start = performance.now();
    let reply: CacheReply;
    try {
      reply = await this.#backend.get(this.#id, leftMs);
    } catch (failure) {
      this.#fail(failure);
      return;
    }
    if (reply.state !== CacheState.CACHE_STATE_MISS || reply.lease !== '') {
      this.#complete(reply);
      return;
    }
    const pause = Math.min(pauseMs, Math.max(durationMs(reply.wait), FIRST_PAUSE_MS));
    const left = leftMs - (performance.now() - start) - pause;
    if (left >= 1 && !this.#isDone) {
      this.#schedule(pause, () => void this.#poll(left, pauseMs * 2));
    } // Else the maximum wait ends before the next reply.
  }

  /** Only an invalid id fails the lookup. After any other failure of the cache the object is loaded. */
  #fail(failure: unknown): void {
    if (failure instanceof EphemeralError && failure.code === Status.INVALID_ARGUMENT) {
      this.#end();
      this.#reject(failure);
    } else {
      this.#complete(UNKNOWN);
    }
  }

  #complete(reply: CacheReply): void {
    this.#end();
    this.#resolve(reply);
  }

  #end(): void {
    this.#isDone = true;
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
  }

  #schedule(waitMs: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, waitMs);
    this.#timers.add(timer);
  }
}
