import { durationMs } from '../duration.js';
import type { WatchTypingRequest, WatchTypingResponse } from '../v1.js';
import type { IdChange } from './stream-ids.js';
import { Watch, type WatchEvent } from './watch.js';
import type { WatchStream } from './watch-stream.js';

/** All users typing in a room: once after the room is added, and then at each change. */
export interface TypingEvent {
  type: 'typing';
  roomId: string;
  userIds: string[];
}

/** Delivers the users typing in each watched room. */
export class TypingWatch extends Watch<TypingEvent, WatchTypingRequest, WatchTypingResponse> {
  protected override request({ added, removed }: IdChange): WatchTypingRequest {
    return { addRoomIds: added, removeRoomIds: removed };
  }

  protected override onEvent(
    from: WatchStream<WatchTypingRequest, WatchTypingResponse>,
    response: WatchTypingResponse,
  ): void {
    const { typing, stale, resynced, draining } = response;
    if (typing !== undefined) {
      const { roomId, userIds } = typing;
      if (this.changed(from, roomId, userIds.join('\n'), 0)) {
        this.deliver({ type: 'typing', roomId, userIds });
      }
    } else if (stale !== undefined) {
      this.onRedisUnavailable(from);
    } else if (resynced !== undefined) {
      this.onRedisAvailable(from);
    } else if (draining !== undefined) {
      this.onDraining(from, durationMs(draining.timeLeft));
    }
  }

  protected override isWanted(event: TypingEvent | WatchEvent): boolean {
    return event.type !== 'typing' || this.isWatched(event.roomId);
  }

  protected override bytes(event: TypingEvent | WatchEvent): number {
    return event.type === 'typing' ? event.userIds.length * 64 : 0;
  }
}
