import { randomUUID } from 'node:crypto';
import {
  type Channel,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  credentials,
  Metadata,
} from '@grpc/grpc-js';
import { type Authorize, authorizer } from './bearer-token.js';
import { openChannel } from './channel.js';
import type { HeartbeatsListener } from './heartbeat/heartbeat-loop.js';
import { Heartbeats } from './heartbeat/heartbeats.js';
import { checked, type EphemeralClientOptions, readEnvironment } from './options.js';
import { cacheBackend } from './read-through/cache-backend.js';
import { ReadThrough } from './read-through/read-through.js';
import { StreamScope } from './stream/stream-scope.js';
import { grpcTarget } from './target.js';
import { type Stub, stub } from './unary/stubs.js';
import { type CallOptions, UnaryCalls } from './unary/unary-calls.js';
import * as v1 from './v1.js';
import { PresenceWatch } from './watch/presence-watch.js';
import { type SubscribeOptions, Subscription } from './watch/subscription.js';
import { TypingWatch } from './watch/typing-watch.js';
import type { WatchOptions } from './watch/watch.js';

interface BidiMethod<Q, R> {
  readonly path: string;
  readonly requestSerialize: (request: Q) => Buffer;
  readonly responseDeserialize: (response: Buffer) => R;
}

/**
 * A connection to Ephemeral. An application makes one, shares it and closes it at the end: it holds one connection to each
 * server, opened in the background and kept alive. Streams keep the process alive until they are closed.
 *
 * A unary call takes at most `deadlineMs`, retries included, and rejects with an EphemeralError. A call that fails with
 * `UNAVAILABLE` is retried, with 3 attempts at most, if a second execution is safe: reads and idempotent calls always, and
 * calls with a `requestId`. The guide of the client lists every method.
 */
export class EphemeralClient {
  /** The generated messages of the services below are in `@flowhub/ephemeral-client/v1`. */
  readonly rateLimits: Stub<v1.RateLimitServiceService>;
  readonly otp: Stub<v1.OtpServiceService>;
  readonly sessions: Stub<v1.SessionServiceService>;
  readonly tokens: Stub<v1.TokenServiceService>;
  readonly featureFlags: Stub<v1.FeatureFlagServiceService>;
  readonly cache: Stub<v1.CacheServiceService>;
  readonly presence: Stub<v1.PresenceServiceService>;
  readonly typing: Stub<v1.TypingServiceService>;
  readonly broadcast: Stub<v1.BroadcastServiceService>;
  readonly budget: Stub<v1.BudgetServiceService>;

  /** Reads users through the cache. */
  readonly users: ReadThrough;

  /** Reads products through the cache. */
  readonly products: ReadThrough;

  /** The connections, for what is not here. */
  readonly channel: Channel;

  readonly #client: Client;
  readonly #authorize: Authorize;
  readonly #calls: UnaryCalls;
  readonly #deadlineMs: number;
  readonly #scopes = new Set<StreamScope>();
  #closed: Promise<void> | undefined;

  /**
   * Connects in the background; if no server is reachable, calls fail with `UNAVAILABLE`.
   *
   * @param target `host:port`, several separated by commas, or a gRPC target with its scheme such as `dns:///host:port`.
   *     Calls are distributed over all addresses, round-robin
   */
  constructor(target: string, options: EphemeralClientOptions = {}) {
    const { deadlineMs, keepAliveMs, ...readThrough } = checked(options);
    this.#deadlineMs = deadlineMs;
    const address = grpcTarget(target);
    this.#authorize = authorizer(target, options);
    this.channel = openChannel(address, options, keepAliveMs);
    this.#client = this.stub(Client);
    const calls = new UnaryCalls(this.#client, deadlineMs, this.#authorize);
    this.#calls = calls;
    this.rateLimits = stub(v1.RateLimitServiceService, calls);
    this.otp = stub(v1.OtpServiceService, calls);
    this.sessions = stub(v1.SessionServiceService, calls);
    this.tokens = stub(v1.TokenServiceService, calls);
    this.featureFlags = stub(v1.FeatureFlagServiceService, calls);
    this.cache = stub(v1.CacheServiceService, calls);
    this.presence = stub(v1.PresenceServiceService, calls);
    this.typing = stub(v1.TypingServiceService, calls);
    this.broadcast = stub(v1.BroadcastServiceService, calls);
    this.budget = stub(v1.BudgetServiceService, calls);
    this.users = new ReadThrough(cacheBackend(calls, 'User'), readThrough);
    this.products = new ReadThrough(cacheBackend(calls, 'Product'), readThrough);
    this.channel.getConnectivityState(true); // Connects while the application starts, not at its first call.
  }

  /**
   * A client with the target and credentials of EPHEMERAL_CLIENT_TARGET, _PLAINTEXT, _CA, _CERTIFICATE, _KEY and
   * _TOKEN_FILE.
   *
   * @param options take precedence over the variables
   */
  static fromEnvironment(options: EphemeralClientOptions = {}, env = process.env): EphemeralClient {
    const found = readEnvironment(env);
    return new EphemeralClient(found.target, { ...found.options, ...options });
  }

  /**
   * A generated grpc-js client on the same connections, such as `client.stub(RateLimitServiceClient)`. Its calls have no
   * deadline, no retry and no token unless they set them.
   */
  stub<C>(
    type: new (address: string, creds: ReturnType<typeof credentials.createInsecure>, options: ClientOptions) => C,
  ): C {
    return new type('', credentials.createInsecure(), { channelOverride: this.channel });
  }

  /** Consumes one hit, or `hits`, of the limit of a user and action. A fresh request id makes a retry safe. */
  checkRate(
    userId: string,
    action: string,
    { hits, ...options }: CallOptions & { hits?: number } = {},
  ): Promise<v1.CheckRateResponse> {
    const request = { userId, action, hits, requestId: randomUUID() };
    return this.#calls.call(v1.RateLimitServiceService.checkRate, request, options);
  }

  /** Whether a user is online. */
  async isOnline(userId: string, options?: CallOptions): Promise<boolean> {
    return (await this.presence.getPresence({ userId }, options)).online;
  }

  /** Shows or hides that a user is typing in a room, for 3 seconds: once per second is enough. */
  async setTyping(roomId: string, userId: string, typing: boolean, options?: CallOptions): Promise<void> {
    await this.typing.setTyping({ roomId, userId, typing }, options);
  }

  /** Delivers a message to the subscribers of a room. */
  async publish(roomId: string, senderId: string, payload: Uint8Array | string, options?: CallOptions): Promise<void> {
    await this.broadcast.publish({ roomId, senderId, payload: Buffer.from(payload) }, options);
  }

  /** Starts to keep users online, none at first. Usually one per application. */
  heartbeats(listener: HeartbeatsListener = {}): Heartbeats {
    return new Heartbeats(
      this.#newScope(),
      this.#opener(v1.PresenceServiceService.streamHeartbeats),
      (userId, connectionId) => this.presence.setOffline({ userId, connectionId }),
      listener,
    );
  }

  /** Starts to watch whether users are online. Usually one per application: `add` and `remove` change the users. */
  watchPresence(userIds: Iterable<string> = [], options: WatchOptions = {}): PresenceWatch {
    return new PresenceWatch(this.#newScope(), this.#opener(v1.PresenceServiceService.watchPresence), userIds, options);
  }

  /** Starts to watch the users typing in rooms. Usually one per application: `add` and `remove` change the rooms. */
  watchTyping(roomIds: Iterable<string> = [], options: WatchOptions = {}): TypingWatch {
    return new TypingWatch(this.#newScope(), this.#opener(v1.TypingServiceService.watchTyping), roomIds, options);
  }

  /** Starts to receive the messages of rooms. Usually one per application: `add` and `remove` change the rooms. */
  subscribe(roomIds: Iterable<string> = [], options: SubscribeOptions = {}): Subscription {
    return new Subscription(this.#newScope(), this.#opener(v1.BroadcastServiceService.subscribe), roomIds, options);
  }

  /**
   * Rejects new calls, ends the streams, waits up to `deadlineMs` for calls and loads in flight, and cancels the rest.
   * Closing twice has no further effect.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const scope of [...this.#scopes]) {
      scope.close();
    }
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#deadlineMs);
    });
    const idle = Promise.all([this.users.close(), this.products.close(), this.#calls.close()]);
    await Promise.race([idle, grace]);
    clearTimeout(timer);
    this.users.abortAll();
    this.products.abortAll();
    this.#calls.cancelAll();
    this.channel.close();
  }

  #newScope(): StreamScope {
    if (this.#closed !== undefined) {
      throw new Error('the client is closed');
    }
    const scope = new StreamScope();
    this.#scopes.add(scope);
    scope.onClose(() => this.#scopes.delete(scope));
    return scope;
  }

  #opener<Q, R>(method: BidiMethod<Q, R>): () => ClientDuplexStream<Q, R> {
    return () => {
      const metadata = new Metadata();
      this.#authorize(metadata);
      return this.#client.makeBidiStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        metadata,
      );
    };
  }
}
