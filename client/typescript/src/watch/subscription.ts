import { durationMs } from '../duration.js';
import { requireId } from '../ids.js';
import type { OpenStream, StreamScope } from '../stream/stream-scope.js';
import type { BroadcastGap, BroadcastMessage, SubscribeRequest, SubscribeResponse } from '../v1.js';
import { MessageIds } from './message-ids.js';
import type { IdChange } from './stream-ids.js';
import { Watch, type WatchEvent, type WatchOptions } from './watch.js';
import type { WatchStream } from './watch-stream.js';

export type MessageEvent =
  /** A message. Messages that reached a server one after the other arrive in that order. */
  | { type: 'message'; roomId: string; senderId: string; payload: Buffer }
  /**
   * Messages were lost at this point, because the reader was too slow or a connection broke: of the room, or of any room
   * if it is undefined; `lost` is undefined if the number is unknown.
   */
  | { type: 'gap'; roomId: string | undefined; lost: number | undefined }
  /** Messages of these rooms arrive from here on. After they were added and after each reconnect. */
  | { type: 'subscribed'; roomIds: string[] };

export interface SubscribeOptions extends WatchOptions {
  /** The messages of this sender, usually the subscriber itself, are not delivered. */
  excludeSenderId?: string;
}

/** Delivers the messages of the subscribed rooms. */
export class Subscription extends Watch<MessageEvent, SubscribeRequest, SubscribeResponse> {
  readonly #delivered = new MessageIds();
  readonly #excludeSenderId: string;

  /** @internal */
  constructor(
    scope: StreamScope,
    open: OpenStream<SubscribeRequest, SubscribeResponse>,
    roomIds: Iterable<string>,
    options: SubscribeOptions,
  ) {
    super(scope, open, roomIds, options);
    this.#excludeSenderId = options.excludeSenderId === undefined ? '' : requireId(options.excludeSenderId);
  }

  protected override request({ added, removed }: IdChange): SubscribeRequest {
    return { addRoomIds: added, removeRoomIds: removed, excludeSenderId: this.#excludeSenderId };
  }

  protected override onEvent(
    from: WatchStream<SubscribeRequest, SubscribeResponse>,
    response: SubscribeResponse,
  ): void {
    const { message, gap, subscribed, stale, resynced, draining } = response;
    if (message !== undefined) {
      this.pass(from, () => this.#onMessage(message));
    } else if (gap !== undefined) {
      this.pass(from, () => this.#onGap(gap));
    } else if (subscribed !== undefined) {
      this.onSubscribed(from, subscribed.roomIds, () => this.#deliverSubscribed(subscribed.roomIds));
    } else if (stale !== undefined) {
      this.onRedisUnavailable(from);
    } else if (resynced !== undefined) {
      this.onRedisAvailable(from);
    } else if (draining !== undefined) {
      this.onDraining(from, durationMs(draining.timeLeft));
    }
  }

  protected override get losesEventsWhileStale(): boolean {
    return true;
  }

  protected override onReconnected(): void {
    this.forgetStates();
    this.deliver({ type: 'gap', roomId: undefined, lost: undefined });
  }

  protected override isWanted(event: MessageEvent | WatchEvent): boolean {
    return !('roomId' in event) || event.roomId === undefined || this.isWatched(event.roomId);
  }

  protected override bytes(event: MessageEvent | WatchEvent): number {
    return event.type === 'message' ? event.payload.length : 0;
  }

  /** After the change from one stream to the next, the next one may repeat what the other one has delivered. */
  #onMessage({ roomId, senderId, payload, messageId }: BroadcastMessage): void {
    if (this.isWatched(roomId) && this.#delivered.addIfAbsent(messageId)) {
      this.deliver({ type: 'message', roomId, senderId, payload });
    }
  }

  /** A gap without a room may concern any room. */
  #onGap({ roomId, lost }: BroadcastGap): void {
    if (roomId === '' || this.isWatched(roomId)) {
      this.deliver({ type: 'gap', roomId: roomId === '' ? undefined : roomId, lost });
    }
  }

  #deliverSubscribed(roomIds: string[]): void {
    const changed = roomIds.filter((roomId) => this.changedState(roomId, 'subscribed'));
    if (changed.length > 0) {
      this.deliver({ type: 'subscribed', roomIds: changed });
    }
  }
}
