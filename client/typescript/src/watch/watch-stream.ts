import type { EphemeralError } from '../ephemeral-error.js';
import type { ReconnectingStream, StreamListener } from '../stream/reconnecting-stream.js';
import type { HandOver } from './hand-over.js';
import type { IdChange, StreamIds } from './stream-ids.js';
import type { WatchSet } from './watch-set.js';

/** One stream of a watch: sends the ids, and knows whether its server has them all. */
export class WatchStream<Q, R> implements StreamListener<R> {
  readonly stream: ReconnectingStream<Q, R>;
  readonly ids: StreamIds;

  /** When the stream has to end, by `performance.now()`, once the server has announced it. */
  deadline: number | undefined;

  /** Whether a message has arrived. */
  isConnected = false;

  isRedisUnavailable = false;

  readonly #watched: WatchSet;
  readonly #toRequest: (change: IdChange) => Q;
  readonly #handOver: HandOver<Q, R>;
  #isOpen = false;

  constructor(
    stream: ReconnectingStream<Q, R>,
    watched: WatchSet,
    toRequest: (change: IdChange) => Q,
    handOver: HandOver<Q, R>,
  ) {
    this.stream = stream;
    this.#watched = watched;
    this.#toRequest = toRequest;
    this.#handOver = handOver;
    this.ids = watched.newStream();
  }

  /** Whether the server is able to send each change, and has sent something about each id. */
  get isUpToDate(): boolean {
    return this.#isOpen && !this.isRedisUnavailable && this.ids.isAwaitOver;
  }

  sendChanges(): void {
    while (this.stream.isReady) {
      const next = this.ids.next();
      if (next === undefined) {
        return;
      }
      this.stream.send(this.#toRequest(next));
    }
  }

  onOpen(): void {
    this.#isOpen = true;
    this.#watched.reset(this.ids);
  }

  onReady(): void {
    this.sendChanges();
    this.#handOver.advance();
  }

  onConnected(): void {
    this.isConnected = true;
    this.#handOver.onConnected(this);
  }

  onMessage(message: R): void {
    this.#handOver.onMessage(this, message);
  }

  onBreak(cause: EphemeralError): void {
    this.#isOpen = false;
    this.isConnected = false;
    this.isRedisUnavailable = false; // The next server reports the state of its own Redis connection.
    this.deadline = undefined;
    this.#watched.reset(this.ids); // Also here: no id is acknowledged any more.
    this.#handOver.onBreak(this, cause);
  }

  onFinished(): void {
    this.#handOver.onFinished();
  }
}
