import { type Random, upToAFifthLonger, upToHalfShorter } from '../jitter.js';

const FIRST_MS = 100;
const MAX_DOUBLINGS = 6;
const MAX_MS = 5_000;

/**
 * The wait before the next attempt to open a stream: the server's retry delay, or else 100 ms, doubled with each failure
 * up to 5 s. A retry delay is lengthened by up to a fifth, an own wait shortened by up to half.
 */
export class Backoff {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random = Math.random) {
    this.#random = random;
  }

  nextMs(retryDelayMs?: number): number {
    const own = FIRST_MS * 2 ** Math.min(this.#failures++, MAX_DOUBLINGS);
    return retryDelayMs === undefined
      ? upToHalfShorter(Math.min(own, MAX_MS), this.#random)
      : upToAFifthLonger(Math.min(retryDelayMs, MAX_MS), this.#random);
  }

  /** After a success: the next failure counts as the first. */
  reset(): void {
    this.#failures = 0;
  }
}
