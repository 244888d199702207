import type { OpenStream, StreamScope } from '../stream/stream-scope.js';
import type { StreamHeartbeatsRequest, StreamHeartbeatsResponse } from '../v1.js';
import { HeartbeatLoop, type HeartbeatsListener, TICK_MS } from './heartbeat-loop.js';

const NO_CONNECTION = '';

/**
 * Keeps many users online, for example those whose connections a gateway holds. Sends each user's heartbeat as often as
 * the server sets, about every 3 seconds, in frames of up to 1,000 on one stream that reconnects by itself. Heartbeats
 * are spread evenly over the interval, also after a reconnect.
 */
export class Heartbeats {
  readonly #scope: StreamScope;
  readonly #loop: HeartbeatLoop;

  /** @internal */
  constructor(
    scope: StreamScope,
    open: OpenStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse>,
    setOffline: (userId: string, connectionId: string) => Promise<unknown>,
    listener: HeartbeatsListener,
  ) {
    this.#scope = scope;
    const stream = scope.newStream(open);
    this.#loop = new HeartbeatLoop(stream, setOffline, listener);
    scope.onClose(() => this.#loop.onClosed());
    scope.repeat(TICK_MS, () => this.#loop.tick());
    stream.start(this.#loop);
  }

  /**
   * Keeps a user, or one connection of the user, online, starting within 100 ms. Adding it again changes nothing.
   *
   * @param userId 1 to 128 bytes of UTF-8; no `:`, `{`, `}`, white space, control or format characters
   * @param connectionId by the same rule; unique among all connections of the user, on every gateway
   */
  add(userId: string, connectionId: string = NO_CONNECTION): void {
    this.#loop.add(userId, connectionId);
  }

  /**
   * Ends a user that was added without a connection, or one connection: the user is offline if it was the last one. If
   * the call fails, the user goes offline 10 seconds after the last heartbeat.
   */
  remove(userId: string, connectionId: string = NO_CONNECTION): void {
    this.#loop.remove(userId, connectionId);
  }

  /** Sends no further heartbeat. The user, or the connection, ends 10 seconds after the last one. */
  stop(userId: string, connectionId: string = NO_CONNECTION): void {
    this.#loop.stop(userId, connectionId);
  }

  /** Removes all users and connections. Resolves when all calls have ended, successfully or not. */
  removeAll(): Promise<void> {
    return this.#scope.isClosed ? Promise.resolve() : this.#loop.removeAll();
  }

  /**
   * Stops all heartbeats and sets no user offline: a user that no other process keeps online goes offline 10 seconds after
   * the last heartbeat. To set users offline at once, wait for `removeAll` first.
   */
  close(): void {
    this.#scope.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
