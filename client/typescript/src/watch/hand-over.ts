import type { EphemeralError } from '../ephemeral-error.js';
import { Backoff } from '../stream/backoff.js';
import type { WatchStream } from './watch-stream.js';

/** After the time that the server has left to a stream, until the stream is cancelled. */
const MARGIN_MS = 1_000;

/** Hand-overs that begin within this time of each other are a row, with growing pauses. */
const ROW_MS = 1_000;

/** Events of the next stream that wait for the end of the current one. It is not read while there are more. */
const MAX_HELD = 128;

/** What a {@link HandOver} needs of its watch. */
export interface HandedOver<Q, R> {
  schedule(waitMs: number, task: () => void): void;
  detach(stream: WatchStream<Q, R>): boolean;
  onConnected(): void;
  onDisconnected(cause: EphemeralError): void;
  onMessage(from: WatchStream<Q, R>, message: R): void;
  resyncIfUpToDate(): void;
  limitReading(): void;
}

/**
 * The current stream of a watch and, once its server has announced the end, the next one. The next stream receives all
 * ids while the current one goes on. When the next one has acknowledged them, the current one is half-closed; its server
 * then ends it after all that was published before. If the current one breaks instead, the next one replaces it as after
 * any other break.
 */
export class HandOver<Q, R> {
  readonly #watch: HandedOver<Q, R>;
  readonly #newStream: (handOver: HandOver<Q, R>) => WatchStream<Q, R>;
  readonly #backoff = new Backoff();
  #held: (() => void)[] = [];
  #current: WatchStream<Q, R>;
  #next: WatchStream<Q, R> | undefined;
  #isHalfClosed = false;

  /** A hand-over that begins before is one of a row. */
  #endOfRow = Number.NEGATIVE_INFINITY;

  constructor(watch: HandedOver<Q, R>, newStream: (handOver: HandOver<Q, R>) => WatchStream<Q, R>) {
    this.#watch = watch;
    this.#newStream = newStream;
    this.#current = newStream(this);
  }

  start(): void {
    this.#current.stream.start(this.#current);
  }

  sendChanges(): void {
    this.#current.sendChanges();
    this.#next?.sendChanges();
    this.advance();
  }

  pause(): void {
    this.#current.stream.pause();
  }

  resume(): void {
    this.#current.stream.resume();
  }

  get isUnderWay(): boolean {
    return this.#next !== undefined;
  }

  /** Whether the current stream delivers, before its end, what this stream has received so far. */
  isCovered(stream: WatchStream<Q, R>): boolean {
    return stream === this.#next && !this.#isHalfClosed;
  }

  /** Whether the next stream has sent a state of the id already, which this one could replace by an older one. */
  isSuperseded(stream: WatchStream<Q, R>, id: string): boolean {
    return stream === this.#current && this.#next !== undefined && this.#next.ids.isAcknowledged(id);
  }

  get isUpToDate(): boolean {
    return this.#current.isUpToDate;
  }

  /** Runs an event of the next stream after the end of the current one, any other at once. */
  inOrder(from: WatchStream<Q, R>, event: () => void): void {
    if (from === this.#current) {
      event();
      return;
    }
    this.#held.push(event);
    if (this.#isHalfClosed && this.#held.length >= MAX_HELD) {
      from.stream.pause();
    }
  }

  onDraining(from: WatchStream<Q, R>, timeLeftMs: number): void {
    from.deadline = performance.now() + timeLeftMs + MARGIN_MS;
    this.#beginIfDraining();
  }

  /** Half-closes the current stream if the next one has all ids. */
  advance(): void {
    const next = this.#next;
    if (next === undefined || this.#isHalfClosed || !next.isUpToDate) {
      return;
    }
    if (this.#watch.detach(this.#current)) {
      next.ids.awaitAll(); // What is added from here on is new on the next stream only.
    }
    if (next.isUpToDate) {
      this.#isHalfClosed = true;
      this.#current.stream.halfClose();
    }
  }

  onConnected(from: WatchStream<Q, R>): void {
    if (!this.isCovered(from)) {
      this.inOrder(from, () => this.#watch.onConnected());
    }
  }

  onMessage(from: WatchStream<Q, R>, message: R): void {
    this.#watch.onMessage(from, message);
    this.advance();
  }

  onBreak(from: WatchStream<Q, R>, cause: EphemeralError): void {
    if (this.isCovered(from)) {
      this.#held = [];
    } else if (from === this.#current && this.#next !== undefined) {
      const isConnected = this.#next.isConnected || this.#isHalfClosed;
      this.#replaceCurrent(this.#next);
      this.#watch.onDisconnected(cause);
      if (isConnected) {
        this.#watch.onConnected();
      }
      this.#deliverHeld();
    } else {
      this.inOrder(from, () => this.#watch.onDisconnected(cause));
    }
  }

  onFinished(): void {
    if (this.#next !== undefined) {
      this.#replaceCurrent(this.#next);
      this.#deliverHeld();
    }
  }

  #beginIfDraining(): void {
    const { deadline } = this.#current;
    if (this.#next !== undefined || deadline === undefined) {
      return;
    }
    const now = performance.now();
    if (now >= this.#endOfRow) {
      this.#backoff.reset();
      this.#begin();
    } else {
      // A server that announces the end of each new stream receives no new one without a pause.
      this.#watch.schedule(Math.min((deadline - now) / 2, this.#backoff.nextMs()), () => this.#begin());
    }
  }

  #begin(): void {
    const ending = this.#current;
    if (this.#next !== undefined || ending.deadline === undefined) {
      return; // It broke during the pause, or was announced twice.
    }
    this.#endOfRow = performance.now() + ROW_MS;
    ending.stream.retire();
    this.#watch.schedule(ending.deadline - performance.now(), () =>
      ending.stream.abort('the server did not end the stream'),
    );
    const next = this.#newStream(this);
    this.#next = next;
    next.stream.start(next);
  }

  #replaceCurrent(replacement: WatchStream<Q, R>): void {
    this.#watch.detach(this.#current);
    this.#current = replacement;
    this.#next = undefined;
    this.#isHalfClosed = false;
  }

  #deliverHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const event of held) {
      event();
    }
    this.#current.stream.resume();
    this.#watch.limitReading();
    this.#watch.resyncIfUpToDate();
    this.#beginIfDraining();
  }
}
