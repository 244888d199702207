import { durationMs } from '../duration.js';
import type { PresenceState, WatchPresenceRequest, WatchPresenceResponse } from '../v1.js';
import type { IdChange } from './stream-ids.js';
import { Watch, type WatchEvent } from './watch.js';
import type { WatchStream } from './watch-stream.js';

/** A watched user is online or offline: once after the user is added, and then at each change. */
export type PresenceEvent = { type: 'online'; userId: string } | { type: 'offline'; userId: string };

type Stream = WatchStream<WatchPresenceRequest, WatchPresenceResponse>;

/** Delivers whether each watched user is online. */
export class PresenceWatch extends Watch<PresenceEvent, WatchPresenceRequest, WatchPresenceResponse> {
  protected override request({ added, removed }: IdChange): WatchPresenceRequest {
    return { addUserIds: added, removeUserIds: removed };
  }

  protected override onEvent(from: Stream, response: WatchPresenceResponse): void {
    const { snapshot, online, offline, stale, resynced, draining } = response;
    const states = snapshot ?? online ?? offline;
    if (states !== undefined) {
      this.#onStates(from, states.users);
    } else if (stale !== undefined) {
      this.onRedisUnavailable(from);
    } else if (resynced !== undefined) {
      this.onRedisAvailable(from);
    } else if (draining !== undefined) {
      this.onDraining(from, durationMs(draining.timeLeft));
    }
  }

  protected override isWanted(event: PresenceEvent | WatchEvent): boolean {
    return !('userId' in event) || this.isWatched(event.userId);
  }

  #onStates(from: Stream, states: PresenceState[]): void {
    for (const { userId, online, version } of states) {
      const type = online ? 'online' : 'offline';
      if (this.changed(from, userId, type, version)) {
        this.deliver({ type, userId });
      }
    }
  }
}
