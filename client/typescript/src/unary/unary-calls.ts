import { type Client, type ClientUnaryCall, Metadata, type ServiceError, status as Status } from '@grpc/grpc-js';
import { cancelled, EphemeralError } from '../ephemeral-error.js';
import { type Random, upToAFifthLonger } from '../jitter.js';
import { inRange } from '../ranges.js';
import { isSafeToRetry } from './retry-safety.js';
import { RetryThrottle } from './retry-throttle.js';

/** One unary call. */
export interface CallOptions {
  /** How long the call may take, retries included; the client's `deadlineMs` if not set. 1 to 3,600,000. */
  deadlineMs?: number;

  /** Cancels the call, which then rejects with `CANCELLED`. */
  signal?: AbortSignal;

  /** Sent with each attempt. */
  metadata?: Metadata;
}

/** A method of a generated service definition. */
export interface UnaryMethod<Q, A> {
  readonly path: string;
  readonly requestSerialize: (request: Q) => Buffer;
  readonly responseDeserialize: (response: Buffer) => A;
}

const MAX_ATTEMPTS = 3;
const FIRST_WAIT_MS = 50;

/** If the server's retry delay is longer, the call is not retried: the caller reads the delay from the error. */
const MAX_WAIT_MS = 10_000;

const MAX_DEADLINE_MS = 3_600_000;

/** The unary calls of one client: each has a deadline and, where a second execution is safe, up to 3 attempts. */
export class UnaryCalls {
  readonly #client: Client;
  readonly #deadlineMs: number;
  readonly #authorize: (metadata: Metadata) => void;
  readonly #random: Random;
  readonly #throttle = new RetryThrottle();
  readonly #inFlight = new Set<RetryingCall<unknown, unknown>>();
  #onIdle: (() => void) | undefined;
  #isClosed = false;

  constructor(
    client: Client,
    deadlineMs: number,
    authorize: (metadata: Metadata) => void = () => {},
    random: Random = Math.random,
  ) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#authorize = authorize;
    this.#random = random;
  }

  /** @param mayRetry false for a call that has a fallback: a retry would only delay it */
  call<Q extends object, A>(
    method: UnaryMethod<Q, A>,
    request: Q,
    options: CallOptions = {},
    mayRetry = true,
  ): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      const { signal, deadlineMs = this.#deadlineMs } = options;
      if (signal?.aborted) {
        throw cancelled(signal);
      }
      if (this.#isClosed) {
        throw new EphemeralError({ code: Status.UNAVAILABLE, details: 'the client is closed' });
      }
      const deadline = Date.now() + inRange('deadlineMs', deadlineMs, 1, MAX_DEADLINE_MS);
      const metadata = options.metadata?.clone() ?? new Metadata();
      this.#authorize(metadata);
      const call = new RetryingCall<Q, A>(
        this.#client,
        method,
        request,
        metadata,
        deadline,
        signal,
        mayRetry,
        this.#throttle,
        this.#random,
        (failure, response) => {
          this.#inFlight.delete(call as RetryingCall<unknown, unknown>);
          if (this.#inFlight.size === 0) {
            this.#onIdle?.();
          }
          if (failure === null) {
            resolve(response as A);
          } else {
            reject(failure);
          }
        },
      );
      this.#inFlight.add(call as RetryingCall<unknown, unknown>);
      call.start();
    });
  }

  /** Rejects new calls. Resolves when none is in flight. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#inFlight.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  cancelAll(): void {
    for (const call of this.#inFlight) {
      call.cancel(new EphemeralError({ code: Status.CANCELLED, details: 'the client is closed' }));
    }
  }
}

/** A unary call of up to 3 attempts, each a call of its own with the same request and deadline. */
class RetryingCall<Q, A> {
  readonly #client: Client;
  readonly #method: UnaryMethod<Q, A>;
  readonly #request: Q;
  readonly #metadata: Metadata;
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  readonly #mayRetry: boolean;
  readonly #throttle: RetryThrottle;
  readonly #random: Random;
  readonly #onEnd: (failure: EphemeralError | null, response?: A) => void;
  #attempt: ClientUnaryCall | undefined;
  #attempts = 0;
  #wait: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(
    client: Client,
    method: UnaryMethod<Q, A>,
    request: Q,
    metadata: Metadata,
    deadline: number,
    signal: AbortSignal | undefined,
    mayRetry: boolean,
    throttle: RetryThrottle,
    random: Random,
    onEnd: (failure: EphemeralError | null, response?: A) => void,
  ) {
    this.#client = client;
    this.#method = method;
    this.#request = request;
    this.#metadata = metadata;
    this.#deadline = deadline;
    this.#signal = signal;
    this.#mayRetry = mayRetry;
    this.#throttle = throttle;
    this.#random = random;
    this.#onEnd = onEnd;
  }

  start(): void {
    this.#signal?.addEventListener('abort', this.#onAbort);
    this.#send();
  }

  cancel(failure: EphemeralError): void {
    if (!this.#isEnded) {
      this.#end(failure);
      this.#attempt?.cancel();
    }
  }

  readonly #onAbort = () => this.cancel(cancelled(this.#signal as AbortSignal));

  #send(): void {
    this.#attempts++;
    this.#attempt = this.#client.makeUnaryRequest(
      this.#method.path,
      this.#method.requestSerialize,
      this.#method.responseDeserialize,
      this.#request,
      this.#metadata,
      { deadline: this.#deadline },
      (failure: ServiceError | null, response?: A) => {
        this.#throttle.record(failure === null ? Status.OK : failure.code);
        if (this.#isEnded) {
          return;
        }
        if (failure === null) {
          this.#end(null, response);
        } else {
          this.#onFailure(new EphemeralError(failure));
        }
      },
    );
  }

  #onFailure(failure: EphemeralError): void {
    const wait = this.#waitAfter(failure);
    if (wait === undefined) {
      this.#end(failure);
    } else {
      this.#wait = setTimeout(() => this.#send(), wait);
    }
  }

  /** How long to wait before the next attempt, or undefined if there is none. */
  #waitAfter(failure: EphemeralError): number | undefined {
    const isRetried =
      failure.code === Status.UNAVAILABLE &&
      this.#mayRetry &&
      this.#attempts < MAX_ATTEMPTS &&
      isSafeToRetry(methodName(this.#method.path), this.#request as object) &&
      this.#throttle.allowsRetry;
    const delay = failure.retryDelayMs ?? FIRST_WAIT_MS * 2 ** (this.#attempts - 1);
    if (!isRetried || delay > MAX_WAIT_MS) {
      return undefined;
    }
    const wait = upToAFifthLonger(delay, this.#random);
    return Date.now() + wait >= this.#deadline ? undefined : wait;
  }

  #end(failure: EphemeralError | null, response?: A): void {
    this.#isEnded = true;
    clearTimeout(this.#wait);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#onEnd(failure, response);
  }
}

export function methodName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
