import { requireId } from '../ids.js';
import { StreamIds } from './stream-ids.js';

/** The server's limit per stream. */
const MAX_IDS = 20_000;

interface Entry {
  delivered: string | undefined;
  version: number;
}

/** The ids that a watch holds, the last state delivered for each, and the streams that follow their changes. */
export class WatchSet {
  readonly #entries = new Map<string, Entry>();
  readonly #streams = new Set<StreamIds>();

  /** For a new stream, which has to send all ids and each later change. */
  newStream(): StreamIds {
    const stream = new StreamIds();
    stream.reset(this.#entries.keys());
    this.#streams.add(stream);
    return stream;
  }

  /** The stream broke: it has to send all ids again. */
  reset(stream: StreamIds): void {
    stream.reset(this.#entries.keys());
  }

  /** The stream receives no further change. Returns false if it did not receive any before. */
  detach(stream: StreamIds): boolean {
    return this.#streams.delete(stream);
  }

  /** Adds all ids or none: throws a RangeError if one breaks the rule or if there would be more than 20,000. */
  add(ids: Iterable<string>): void {
    const absent = new Set<string>();
    for (const id of ids) {
      if (!this.#entries.has(requireId(id))) {
        absent.add(id);
      }
    }
    const size = this.#entries.size + absent.size;
    if (size > MAX_IDS) {
      throw new RangeError(`watched: ${size} (expected: at most ${MAX_IDS})`);
    }
    for (const id of absent) {
      this.#entries.set(id, { delivered: undefined, version: 0 });
      for (const stream of this.#streams) {
        stream.add(id);
      }
    }
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) {
      if (this.#entries.delete(id)) {
        for (const stream of this.#streams) {
          stream.remove(id);
        }
      }
    }
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Stores the state. Returns true if it has to be delivered: watched and changed. */
  update(id: string, state: string, version: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      return false;
    }
    const isChanged = state !== entry.delivered;
    entry.delivered = state;
    entry.version = version;
    return isChanged;
  }

  /** Whether a state with a later version was stored. */
  isOlder(id: string, version: number): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && version < entry.version;
  }

  /** Each next state counts as changed. */
  forgetStates(): void {
    for (const entry of this.#entries.values()) {
      entry.delivered = undefined;
    }
  }
}
