/** Events that arrived and were not read yet, as an async iterator. Any number of reads may wait. */
export class EventQueue<E> {
  readonly #onRead: () => void;
  readonly #readers: ((result: IteratorResult<E, undefined>) => void)[] = [];
  #events: E[] = [];
  #first = 0;
  #isEnded = false;

  /** @param onRead runs after each read */
  constructor(onRead: () => void) {
    this.#onRead = onRead;
  }

  get size(): number {
    return this.#events.length - this.#first;
  }

  /** The event that arrived last, if it was not read yet. */
  get last(): E | undefined {
    return this.#events.at(-1);
  }

  push(event: E): void {
    if (this.#isEnded) {
      return;
    }
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ value: event, done: false });
      this.#onRead();
    } else {
      this.#events.push(event);
    }
  }

  /** Takes the next event for which `isWanted` is true, and drops those before it. */
  next(isWanted: (event: E) => boolean): Promise<IteratorResult<E, undefined>> {
    while (this.size > 0) {
      const event = this.#take();
      if (isWanted(event)) {
        this.#onRead();
        return Promise.resolve({ value: event, done: false });
      }
    }
    if (this.#isEnded) {
      return Promise.resolve({ value: undefined, done: true });
    }
    this.#onRead();
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Drops what was not read, and ends the reads that wait. */
  end(): void {
    this.#isEnded = true;
    this.#events = [];
    this.#first = 0;
    for (const reader of this.#readers.splice(0)) {
      reader({ value: undefined, done: true });
    }
  }

  #take(): E {
    const event = this.#events[this.#first++] as E;
    if (this.#first === this.#events.length) {
      this.#events = [];
      this.#first = 0;
    }
    return event;
  }
}
