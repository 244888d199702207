import { status as Status } from '@grpc/grpc-js';

/** In tenths of a token. */
const FULL = 1_000;
const UNAVAILABLE = -10;
const SUCCEEDED = 1;

/**
 * Stops retries while servers are down, by the rule of gRFC A6: full at 100, loses 1 for each `UNAVAILABLE`, gains 0.1
 * for each success; retries are allowed while it is more than half full.
 */
export class RetryThrottle {
  #tenths = FULL;

  record(code: Status): void {
    if (code === Status.OK) {
      this.#add(SUCCEEDED);
    } else if (code === Status.UNAVAILABLE) {
      this.#add(UNAVAILABLE);
    }
  }

  get allowsRetry(): boolean {
    return this.#tenths > FULL / 2;
  }

  #add(change: number): void {
    this.#tenths = Math.max(0, Math.min(FULL, this.#tenths + change));
  }
}
