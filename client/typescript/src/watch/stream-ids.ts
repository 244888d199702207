/** The server's limit. */
const MAX_PER_MESSAGE = 1_000;

/** The changes of one message. */
export interface IdChange {
  added: string[];
  removed: string[];
}

/**
 * What one stream of a watch has not sent yet, and what its server has not acknowledged yet. An id that is added and
 * removed before it is sent costs nothing, so memory is bounded by the number of ids.
 */
export class StreamIds {
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();
  #unacknowledged = new Set<string>();
  #awaited = new Set<string>();

  add(id: string): void {
    this.#removed.delete(id);
    this.#added.add(id);
    this.#unacknowledged.add(id);
  }

  remove(id: string): void {
    this.#added.delete(id);
    this.#removed.add(id);
    this.#unacknowledged.delete(id);
    this.#awaited.delete(id);
  }

  /** For a new stream: all these ids have to be sent and acknowledged. */
  reset(ids: Iterable<string>): void {
    this.#removed.clear();
    this.#added.clear();
    for (const id of ids) {
      this.#added.add(id);
    }
    this.#unacknowledged = new Set(this.#added);
    this.awaitAll();
  }

  /** The changes to send next, or undefined if there are none. */
  next(): IdChange | undefined {
    return this.#added.size === 0 && this.#removed.size === 0
      ? undefined
      : { added: take(this.#added), removed: take(this.#removed) };
  }

  /** The server sent something about this id. */
  acknowledge(id: string): void {
    this.#unacknowledged.delete(id);
    this.#awaited.delete(id);
  }

  /** Whether the server has sent something about an id that is watched. */
  isAcknowledged(id: string): boolean {
    return !this.#unacknowledged.has(id);
  }

  /** From now on `isAwaitOver` is about the present ids, those added later excluded: else it might never end. */
  awaitAll(): void {
    this.#awaited = new Set(this.#unacknowledged);
  }

  /** Whether the server has sent something about each id that was present at the last `awaitAll`. */
  get isAwaitOver(): boolean {
    return this.#awaited.size === 0;
  }
}

function take(ids: Set<string>): string[] {
  const taken: string[] = [];
  for (const id of ids) {
    if (taken.length === MAX_PER_MESSAGE) {
      break;
    }
    taken.push(id);
    ids.delete(id);
  }
  return taken;
}
