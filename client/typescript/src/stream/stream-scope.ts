import type { ClientDuplexStream } from '@grpc/grpc-js';
import { ReconnectingStream } from './reconnecting-stream.js';

/** Opens one attempt of a stream. */
export type OpenStream<Q, R> = () => ClientDuplexStream<Q, R>;

/** The streams and timers of one handle of the application, which end with it. */
export class StreamScope {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #streams = new Set<{ close(): void }>();
  readonly #onClose: (() => void)[] = [];
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A stream that is not started yet. */
  newStream<Q, R>(open: OpenStream<Q, R>): ReconnectingStream<Q, R> {
    const stream = new ReconnectingStream<Q, R>(open, this, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  schedule(waitMs: number, task: () => void): void {
    if (this.#isClosed) {
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, waitMs);
    this.#timers.add(timer);
  }

  repeat(periodMs: number, task: () => void): void {
    this.#timers.add(setInterval(task, periodMs));
  }

  onClose(task: () => void): void {
    this.#onClose.push(task);
  }

  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
    this.#timers.clear();
    for (const stream of [...this.#streams]) {
      stream.close();
    }
    for (const task of this.#onClose) {
      task();
    }
  }
}
