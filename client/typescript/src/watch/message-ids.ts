/** More than arrive on two streams while one replaces the other, with 10,000 messages a second. */
const MAX = 1_024;

/** The ids of the messages delivered last. */
export class MessageIds {
  readonly #ids = new Set<string>();

  /** Returns false if the id is one of the last. An empty id, of an older server, never is. */
  addIfAbsent(id: string): boolean {
    if (id === '') {
      return true;
    }
    const isNew = !this.#ids.has(id);
    this.#ids.add(id);
    if (this.#ids.size > MAX) {
      const [oldest] = this.#ids;
      this.#ids.delete(oldest as string);
    }
    return isNew;
  }
}
