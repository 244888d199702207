import { type ClientDuplexStream, status as Status, type StatusObject } from '@grpc/grpc-js';
import { EphemeralError } from '../ephemeral-error.js';
import { Backoff } from './backoff.js';
import type { OpenStream, StreamScope } from './stream-scope.js';

/** Receives the events of a {@link ReconnectingStream}. */
export interface StreamListener<R> {
  /** A new stream accepts messages. Nothing was sent on it yet. */
  onOpen(): void;

  /** More can be sent. */
  onReady(): void;

  /** The first message of this stream follows. */
  onConnected(): void;

  onMessage(message: R): void;

  /** The stream ended or could not be opened. The next attempt follows after a wait, unless the stream is retired. */
  onBreak(cause: EphemeralError): void;

  /** The server ended the stream after {@link ReconnectingStream.halfClose}. */
  onFinished?(): void;
}

/** The sending side of a {@link ReconnectingStream}. Tests replace it. */
export interface OutgoingStream<Q> {
  /** Whether a message can be sent without more than a few waiting in memory. Check before each `send`. */
  readonly isReady: boolean;

  send(message: Q): void;

  /** Cancels the current stream and opens the next one. Messages that still arrive are dropped. */
  abort(reason: string): void;
}

/**
 * A bidirectional stream that is reopened whenever it ends, until it is retired or its {@link StreamScope} is closed. A
 * stream that is paused reads a few messages more at most, so what the application cannot handle yet waits on the server.
 */
export class ReconnectingStream<Q, R> implements OutgoingStream<Q> {
  readonly #open: OpenStream<Q, R>;
  readonly #scope: StreamScope;
  readonly #onEnded: () => void;
  readonly #backoff = new Backoff();
  #listener!: StreamListener<R>; // Set by start().
  #call: ClientDuplexStream<Q, R> | undefined; // Undefined before the first attempt and while waiting for the next.
  #isWritable = false;
  #isRetired = false;
  #isHalfClosed = false;
  #isPaused = false;

  constructor(open: OpenStream<Q, R>, scope: StreamScope, onEnded: () => void) {
    this.#open = open;
    this.#scope = scope;
    this.#onEnded = onEnded;
  }

  start(listener: StreamListener<R>): void {
    this.#listener = listener;
    this.#connect();
  }

  get isReady(): boolean {
    return this.#call !== undefined && this.#isWritable && !this.#isHalfClosed;
  }

  send(message: Q): void {
    this.#isWritable = this.#call?.write(message) ?? false;
  }

  abort(reason: string): void {
    const call = this.#call;
    if (call !== undefined) {
      this.#onBroken(new EphemeralError({ code: Status.UNAVAILABLE, details: reason }));
      call.cancel();
    }
  }

  /** Does not reopen the stream when it ends. */
  retire(): void {
    this.#isRetired = true;
  }

  /** Sends nothing more, so that the server ends a stream that is retired. */
  halfClose(): void {
    if (this.#call !== undefined) {
      this.#isHalfClosed = true;
      this.#call.end();
    }
  }

  pause(): void {
    this.#isPaused = true;
    this.#call?.pause();
  }

  resume(): void {
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#call?.resume();
    }
  }

  close(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
    this.#onEnded();
  }

  #connect(): void {
    let call: ClientDuplexStream<Q, R>;
    try {
      call = this.#open();
    } catch (failure) {
      // Not in this turn: the caller of start() has not finished either.
      const details = failure instanceof Error ? failure.message : String(failure);
      const cause =
        failure instanceof EphemeralError ? failure : new EphemeralError({ code: Status.UNAVAILABLE, details });
      setImmediate(() => this.#onBroken(cause));
      return;
    }
    this.#call = call;
    this.#isWritable = true;
    this.#receive(call);
    this.#listener.onOpen();
    this.#listener.onReady();
  }

  #receive(call: ClientDuplexStream<Q, R>): void {
    const isCurrent = () => this.#call === call;
    let isConnected = false;
    let status: StatusObject | undefined;
    let isRead = false; // The status arrives before messages that were not read yet.
    const onClose = () => {
      if (isCurrent() && isRead && status !== undefined) {
        this.#onClose(status);
      }
    };
    call.on('error', () => {}); // The status has the same.
    call.on('status', (received: StatusObject) => {
      status = received;
      if (isCurrent()) {
        this.#isWritable = false;
      }
      onClose();
    });
    call.on('end', () => {
      isRead = true;
      onClose();
    });
    call.on('drain', () => {
      if (isCurrent() && status === undefined) {
        this.#isWritable = true;
        this.#listener.onReady();
      }
    });
    call.on('data', (message: R) => {
      if (!isCurrent()) {
        return;
      }
      if (!isConnected) {
        isConnected = true;
        this.#backoff.reset();
        this.#listener.onConnected();
      }
      this.#listener.onMessage(message);
    });
    if (this.#isPaused) {
      call.pause();
    }
  }

  #onClose(status: StatusObject): void {
    if (status.code === Status.OK && this.#isHalfClosed) {
      this.#call = undefined;
      this.#onEnded();
      this.#listener.onFinished?.();
    } else if (status.code === Status.OK) {
      this.#onBroken(new EphemeralError({ code: Status.UNAVAILABLE, details: 'the server ended the stream' }));
    } else {
      this.#onBroken(new EphemeralError(status));
    }
  }

  #onBroken(cause: EphemeralError): void {
    this.#call = undefined;
    if (this.#scope.isClosed) {
      return;
    }
    if (this.#isRetired) {
      this.#onEnded();
    } else {
      this.#scope.schedule(this.#backoff.nextMs(cause.retryDelayMs), () => this.#connect());
    }
    this.#listener.onBreak(cause);
  }
}
