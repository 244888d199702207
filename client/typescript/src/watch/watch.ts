import type { EphemeralError } from '../ephemeral-error.js';
import { EventQueue } from '../stream/event-queue.js';
import type { OpenStream, StreamScope } from '../stream/stream-scope.js';
import { HandOver } from './hand-over.js';
import type { IdChange } from './stream-ids.js';
import { WatchSet } from './watch-set.js';
import { WatchStream } from './watch-stream.js';

/** The state of a stream, beside what it delivers. For logs and metrics, except `stale` and `resynced`. */
export type WatchEvent =
  /** The first message of the server follows: after the first connect and after each reconnect. */
  | { type: 'connected' }
  /** The stream broke, or could not be opened. Once for each failed attempt that is read in time. */
  | { type: 'disconnected'; error: EphemeralError }
  /** The server or its Redis is unavailable: what was received may be out of date until `resynced`. */
  | { type: 'stale' }
  /** Follows `stale` after all changes since then have been delivered. */
  | { type: 'resynced' };

/** How a watch starts. */
export interface WatchOptions {
  /** Closes the watch. */
  signal?: AbortSignal;
}

/** Events that wait for the reader: the stream is not read while there are more, and until half of them are read. */
const MAX_WAITING = 1_024;
const MAX_WAITING_BYTES = 4 << 20;

/**
 * A set of watched ids on one stream that reconnects by itself and then adds all ids again. An async iterator of its
 * events: `for await (const event of watch)`. To leave the loop closes the watch. A slow reader delays its own stream
 * only: a bounded number of events waits here, the rest on the server, which keeps the latest state, or for messages
 * sends a `gap`.
 */
export abstract class Watch<E, Q = unknown, R = unknown> implements AsyncIterableIterator<E | WatchEvent> {
  readonly #scope: StreamScope;
  readonly #ids = new WatchSet();
  readonly #streams: HandOver<Q, R>;
  readonly #queue: EventQueue<E | WatchEvent>;
  #waitingBytes = 0;
  #isPaused = false;
  #isChangeQueued = false;
  #isConnected = false;
  #wasConnected = false;
  #isStale = false;

  /** @internal */
  constructor(scope: StreamScope, open: OpenStream<Q, R>, ids: Iterable<string>, options: WatchOptions) {
    this.#scope = scope;
    this.#ids.add(ids);
    this.#queue = new EventQueue(() => this.#onRead());
    this.#streams = new HandOver<Q, R>(
      {
        schedule: (waitMs, task) => scope.schedule(waitMs, task),
        detach: (stream) => this.#ids.detach(stream.ids),
        onConnected: () => this.#onConnected(),
        onDisconnected: (cause) => this.#onDisconnected(cause),
        onMessage: (from, message) => {
          this.onEvent(from, message);
          this.#resyncIfUpToDate();
        },
        resyncIfUpToDate: () => this.#resyncIfUpToDate(),
        limitReading: () => this.#limitReading(),
      },
      (handOver) => new WatchStream(scope.newStream(open), this.#ids, (change) => this.request(change), handOver),
    );
    const { signal } = options;
    const onAbort = () => this.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    scope.onClose(() => {
      signal?.removeEventListener('abort', onAbort);
      this.#queue.end();
    });
    // In the next turn, when the subclass is complete.
    queueMicrotask(() => {
      if (signal?.aborted) {
        this.close();
      } else if (!scope.isClosed) {
        this.#streams.start();
      }
    });
  }

  /**
   * Adds ids. Those that are already watched are ignored. Throws a RangeError, and adds none, if an id breaks the rule
   * (1 to 128 bytes of UTF-8; no `:`, `{`, `}`, white space, control or format characters) or if there would be more than
   * 20,000.
   */
  add(...ids: string[]): void {
    this.#ids.add(ids);
    this.#queueChange();
  }

  /** Removes ids. No event about one of them follows. */
  remove(...ids: string[]): void {
    this.#ids.remove(ids);
    this.#queueChange();
  }

  /** Ends the stream and the iteration. Events that were not read are dropped. */
  close(): void {
    this.#scope.close();
  }

  next(): Promise<IteratorResult<E | WatchEvent, undefined>> {
    return this.#queue.next((event) => {
      this.#waitingBytes -= this.bytes(event);
      return this.isWanted(event);
    });
  }

  async return(): Promise<IteratorResult<E | WatchEvent, undefined>> {
    this.close();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @internal */
  protected abstract request(change: IdChange): Q;

  /** @internal */
  protected abstract onEvent(from: WatchStream<Q, R>, response: R): void;

  /** False if the event is about an id that is no longer watched. @internal */
  protected abstract isWanted(event: E | WatchEvent): boolean;

  /** The first message after a reconnect follows. @internal */
  protected onReconnected(): void {}

  /** What the event adds to the memory beside a fixed part. @internal */
  protected bytes(_event: E | WatchEvent): number {
    return 0;
  }

  /** Whether what happens while the watch is stale is lost; else the states are delivered afterwards. @internal */
  protected get losesEventsWhileStale(): boolean {
    return false;
  }

  /** @internal */
  protected isWatched(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Acknowledges an id. Returns whether it is watched and its state differs from the one delivered last. @internal */
  protected changed(from: WatchStream<Q, R>, id: string, state: string, version: number): boolean {
    from.ids.acknowledge(id);
    const isOutdated =
      this.#streams.isSuperseded(from, id) || (this.#streams.isUnderWay && this.#ids.isOlder(id, version));
    return !isOutdated && this.#ids.update(id, state, version);
  }

  /** Returns whether the id is watched and its state differs from the one delivered last. @internal */
  protected changedState(id: string, state: string): boolean {
    return this.#ids.update(id, state, 0);
  }

  /** @internal */
  protected forgetStates(): void {
    this.#ids.forgetStates();
  }

  /** @internal */
  protected deliver(event: E | WatchEvent): void {
    this.#waitingBytes += this.bytes(event);
    this.#queue.push(event);
    if (this.#queue.size === 0) {
      this.#waitingBytes = 0; // A reader waited for it.
    }
    this.#limitReading();
  }

  /** Runs an event of a stream at its place in the order, unless the other stream delivers the same. @internal */
  protected pass(from: WatchStream<Q, R>, event: () => void): void {
    if (!this.#streams.isCovered(from)) {
      this.#streams.inOrder(from, event);
    }
  }

  /** @internal */
  protected onSubscribed(from: WatchStream<Q, R>, ids: string[], event: () => void): void {
    for (const id of ids) {
      from.ids.acknowledge(id);
    }
    this.#streams.inOrder(from, event);
  }

  /** @internal */
  protected onRedisUnavailable(from: WatchStream<Q, R>): void {
    from.isRedisUnavailable = true;
    this.pass(from, () => {
      if (from.isRedisUnavailable || this.losesEventsWhileStale) {
        this.#markStale();
      }
    });
  }

  /** @internal */
  protected onRedisAvailable(from: WatchStream<Q, R>): void {
    from.isRedisUnavailable = false;
    this.pass(from, () => this.#resyncIfUpToDate());
  }

  /** @internal */
  protected onDraining(from: WatchStream<Q, R>, timeLeftMs: number): void {
    this.#streams.onDraining(from, timeLeftMs);
  }

  /** The current stream received its first message, or another one has replaced it. */
  #onConnected(): void {
    if (!this.#isConnected) {
      this.#isConnected = true;
      this.deliver({ type: 'connected' });
      if (this.#wasConnected) {
        this.onReconnected();
      }
      this.#wasConnected = true;
    }
  }

  #onDisconnected(error: EphemeralError): void {
    this.#isConnected = false;
    const last = this.#queue.last as WatchEvent | undefined;
    if (last?.type === 'disconnected') {
      last.error = error; // Not one more for each attempt while nothing is read.
    } else {
      this.deliver({ type: 'disconnected', error });
    }
    this.#markStale();
  }

  #markStale(): void {
    if (!this.#isStale) {
      this.#isStale = true;
      this.deliver({ type: 'stale' });
    }
  }

  #resyncIfUpToDate(): void {
    if (this.#isStale && this.#isConnected && this.#streams.isUpToDate) {
      this.#isStale = false;
      this.deliver({ type: 'resynced' });
    }
  }

  #queueChange(): void {
    if (this.#isChangeQueued) {
      return;
    }
    this.#isChangeQueued = true;
    queueMicrotask(() => {
      this.#isChangeQueued = false;
      if (!this.#scope.isClosed) {
        this.#streams.sendChanges();
        this.#resyncIfUpToDate();
      }
    });
  }

  #isFull(part: number): boolean {
    return this.#queue.size > MAX_WAITING * part || this.#waitingBytes > MAX_WAITING_BYTES * part;
  }

  #limitReading(): void {
    this.#isPaused ||= this.#isFull(1);
    if (this.#isPaused) {
      this.#streams.pause();
    }
  }

  #onRead(): void {
    if (this.#isPaused && !this.#isFull(1 / 2)) {
      this.#isPaused = false;
      this.#streams.resume();
    }
  }
}
