/** Loads an object that is not cached from its durable store. Resolves to one JSON object, or to null if there is none. */
export type Loader = (id: string, signal: AbortSignal) => Promise<string | null> | string | null;

/** A loader failed, took too long, or was not called because too many others were waiting. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

interface Task {
  run(): void;
}

/**
 * Runs the loads of one process, a bounded number at a time: while the cache is unavailable, its whole load reaches the
 * database.
 */
export class LoadPool {
  readonly #max: number;
  readonly #deadlineMs: number;
  readonly #waiting = new Set<Task>();
  readonly #ends = new Set<(message: string) => void>();
  #running = 0;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(max: number, deadlineMs: number) {
    this.#max = max;
    this.#deadlineMs = deadlineMs;
  }

  /** Rejects with a LoadError only, at the deadline at the latest, whatever the loader does. */
  load(id: string, loader: Loader): Promise<string | null> {
    if (this.#isClosed) {
      return Promise.reject(new LoadError('not loaded: the client is closed'));
    }
    return new Promise((resolve, reject) => {
      const abort = new AbortController();
      let isStarted = false;
      const settle = (action: () => void) => {
        clearTimeout(timer);
        this.#ends.delete(end);
        action();
        this.#waiting.delete(task);
        this.#notifyIfIdle();
      };
      const end = (message: string) =>
        settle(() => {
          const failure = new LoadError(message);
          reject(failure);
          abort.abort(failure);
        });
      const timer = setTimeout(
        () =>
          end(
            isStarted
              ? `the loader took longer than ${this.#deadlineMs} ms`
              : `too many loads: ${this.#max} at a time, ${this.#deadlineMs} ms for each including the wait`,
          ),
        this.#deadlineMs,
      );
      const task: Task = {
        run: () => {
          isStarted = true;
          this.#running++;
          call(loader, id, abort.signal)
            .then(
              (value) => settle(() => resolve(value)),
              (cause) => settle(() => reject(new LoadError('the loader failed', { cause }))),
            )
            .finally(() => {
              this.#running--;
              this.#runNext();
            });
        },
      };
      this.#ends.add(end);
      this.#waiting.add(task);
      this.#runNext();
    });
  }

  /** Rejects new loads. Resolves when no load runs or waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#ends.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  /** Rejects all loads that run or wait, and aborts their signals. */
  abortAll(): void {
    for (const end of [...this.#ends]) {
      end('not loaded: the client is closed');
    }
  }

  #runNext(): void {
    for (const task of this.#waiting) {
      if (this.#running >= this.#max) {
        return;
      }
      this.#waiting.delete(task);
      task.run();
    }
  }

  #notifyIfIdle(): void {
    if (this.#ends.size === 0) {
      this.#onIdle?.();
    }
  }
}

async function call(loader: Loader, id: string, signal: AbortSignal): Promise<string | null> {
  const value: unknown = await loader(id, signal);
  if (value !== null && typeof value !== 'string') {
    throw new TypeError(`the loader returned ${typeof value} (expected: a string or null)`);
  }
  return value;
}
