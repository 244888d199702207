import { timerKey } from './heartbeat-schedule.js';

interface Key {
  userId: string;
  connectionId: string;
}

const MAX_IN_FLIGHT = 64;

/**
 * Sends SetOffline for removed keys, at most 64 at a time. A failed call is not repeated: the user goes offline anyway
 * when the last heartbeat expires.
 */
export class OfflineNotifier {
  readonly #setOffline: (userId: string, connectionId: string) => Promise<unknown>;
  readonly #onReadd: (userId: string, connectionId: string) => void;
  readonly #waiting = new Map<string, Key>();
  readonly #inFlight = new Set<string>();
  readonly #toReadd = new Set<string>();

  /** @param onReadd receives a key that was added again, once its heartbeats may restart */
  constructor(
    setOffline: (userId: string, connectionId: string) => Promise<unknown>,
    onReadd: (userId: string, connectionId: string) => void,
  ) {
    this.#setOffline = setOffline;
    this.#onReadd = onReadd;
  }

  add(userId: string, connectionId: string): void {
    this.#waiting.set(timerKey(userId, connectionId), { userId, connectionId });
    this.#sendNext();
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#inFlight.size === 0;
  }

  /** Adds the key again: at once, or after a call in flight, which could otherwise disconnect it afterwards. */
  cancelAndReadd(userId: string, connectionId: string): void {
    const key = timerKey(userId, connectionId);
    this.#waiting.delete(key);
    if (this.#inFlight.has(key)) {
      this.#toReadd.add(key);
    } else {
      this.#onReadd(userId, connectionId);
    }
  }

  /** The key was removed again before its call ended. */
  cancelReadd(userId: string, connectionId: string): void {
    this.#toReadd.delete(timerKey(userId, connectionId));
  }

  #sendNext(): void {
    for (const [key, { userId, connectionId }] of this.#waiting) {
      if (this.#inFlight.size >= MAX_IN_FLIGHT) {
        return;
      }
      this.#waiting.delete(key);
      this.#inFlight.add(key);
      const onEnded = () => {
        this.#inFlight.delete(key);
        if (this.#toReadd.delete(key)) {
          this.#onReadd(userId, connectionId);
        }
        this.#sendNext();
      };
      this.#setOffline(userId, connectionId).then(onEnded, onEnded);
    }
  }
}
