import { status as Status } from '@grpc/grpc-js';

const FULL = 100;
const UNAVAILABLE = -1;
const SUCCEEDED = 0.1;

/**
 * Stops retries while servers are down, by the rule of gRFC A6: full at 100, loses 1 for each `UNAVAILABLE`, gains 0.1
 * for each success; retries are allowed while it is more than half full.
 */
export class RetryThrottle {
  #tokens = FULL;

  record(code: Status): void {
    if (code === Status.OK) {
      this.#add(SUCCEEDED);
    } else if (code === Status.UNAVAILABLE) {
      this.#add(UNAVAILABLE);
    }
  }

  get allowsRetry(): boolean {
    return this.#tokens > FULL / 2;
  }

  #add(change: number): void {
    this.#tokens = Math.max(0, Math.min(FULL, this.#tokens + change));
  }
}
