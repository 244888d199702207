import { durationMs } from '../duration.js';
import { type EphemeralError, errorReason } from '../ephemeral-error.js';
import type { Random } from '../jitter.js';
import type { OutgoingStream, StreamListener } from '../stream/reconnecting-stream.js';
import {
  ErrorReason,
  type RejectedHeartbeat,
  type StreamHeartbeatsRequest,
  type StreamHeartbeatsResponse,
} from '../v1.js';
import { HeartbeatSchedule, type HeartbeatTimer } from './heartbeat-schedule.js';
import { OfflineNotifier } from './offline-notifier.js';

/** Receives the results of heartbeats. What it throws is an uncaught exception of the process. */
export interface HeartbeatsListener {
  /** A heartbeat marked this user online. The user was offline before. */
  cameOnline?(userId: string): void;

  /** The server rejects the id of this user: no heartbeat is sent until it is added again. */
  rejected?(userId: string, reason: ErrorReason, message: string): void;

  /** The server has responded for the first time on this stream. */
  connected?(): void;

  /** The stream broke, or could not be opened. Called for each failed attempt. */
  disconnected?(error: EphemeralError): void;
}

/** Heartbeats that are sent and answered together. */
interface Frame {
  sequence: number;
  sentAt: number;

  /** In the order of the indexes in the response: first those without a connection. */
  timers: HeartbeatTimer[];
}

export const TICK_MS = 100;

const MAX_PER_FRAME = 1_000;
const MAX_FRAMES_IN_FLIGHT = 4;

/** Sends due heartbeats at each tick, at most 4 frames in flight, and handles their responses. */
export class HeartbeatLoop implements StreamListener<StreamHeartbeatsResponse> {
  readonly #stream: OutgoingStream<StreamHeartbeatsRequest>;
  readonly #listener: HeartbeatsListener;
  readonly #now: () => number;
  readonly #schedule: HeartbeatSchedule;
  readonly #offlineNotifier: OfflineNotifier;
  readonly #inFlight: Frame[] = [];
  #removeAllDone: (() => void)[] = [];
  #wasBroken = false;
  #sequence = 0;
  #lastTick: number;

  constructor(
    stream: OutgoingStream<StreamHeartbeatsRequest>,
    setOffline: (userId: string, connectionId: string) => Promise<unknown>,
    listener: HeartbeatsListener,
    now: () => number = () => performance.now(),
    random: Random = Math.random,
  ) {
    this.#stream = stream;
    this.#listener = listener;
    this.#now = now;
    this.#lastTick = now();
    this.#schedule = new HeartbeatSchedule(TICK_MS, random);
    this.#offlineNotifier = new OfflineNotifier(setOffline, (userId, connectionId) =>
      this.#schedule.add(userId, connectionId, now()),
    );
  }

  add(userId: string, connectionId: string): void {
    const timer = this.#schedule.get(userId, connectionId);
    if (timer === undefined) {
      this.#offlineNotifier.cancelAndReadd(userId, connectionId);
    } else {
      timer.isLeaving = false;
    }
  }

  /** While a heartbeat is in flight, SetOffline waits for its response: it could mark the user online afterwards. */
  remove(userId: string, connectionId: string): void {
    const timer = this.#schedule.get(userId, connectionId);
    if (timer === undefined) {
      this.#offlineNotifier.cancelReadd(userId, connectionId);
    } else if (timer.isInFlight) {
      timer.isLeaving = true;
    } else {
      this.#schedule.remove(timer);
      this.#offlineNotifier.add(userId, connectionId);
    }
  }

  stop(userId: string, connectionId: string): void {
    const timer = this.#schedule.get(userId, connectionId);
    if (timer === undefined) {
      this.#offlineNotifier.cancelReadd(userId, connectionId);
    } else {
      this.#schedule.remove(timer);
    }
  }

  removeAll(): Promise<void> {
    for (const { userId, connectionId } of this.#schedule.timers) {
      this.remove(userId, connectionId);
    }
    return new Promise((resolve) => this.#removeAllDone.push(resolve));
  }

  tick(): void {
    this.#lastTick = this.#now();
    const oldest = this.#inFlight[0];
    if (oldest !== undefined && this.#lastTick - oldest.sentAt > this.#schedule.lifetimeMs / 2) {
      this.#stream.abort('a frame of heartbeats was not answered'); // Another server may answer in time.
    }
    this.#send();
    if (this.#removeAllDone.length > 0 && this.#offlineNotifier.isIdle && !this.#schedule.isAnyLeaving) {
      this.#completeRemoveAll();
    }
  }

  onOpen(): void {
    if (this.#wasBroken) {
      this.#schedule.spread(this.#now());
    }
  }

  onReady(): void {
    this.#send();
  }

  onConnected(): void {
    this.#notify(() => this.#listener.connected?.());
  }

  onMessage(response: StreamHeartbeatsResponse): void {
    const frame = this.#inFlight[0];
    if (frame === undefined || frame.sequence !== response.sequence) {
      this.#stream.abort(`frame ${response.sequence} was answered out of order`);
      return;
    }
    this.#inFlight.shift();
    this.#schedule.update(durationMs(response.nextIn), durationMs(response.expiresIn));
    const accepted = new Set(frame.timers);
    for (const rejection of response.rejected) {
      this.#onRejected(frame, rejection, accepted);
    }
    for (const timer of accepted) {
      this.#schedule.accepted(timer, frame.sentAt);
    }
    for (const timer of frame.timers) {
      this.#removeIfLeaving(timer);
    }
    for (const userId of response.cameOnline) {
      this.#notify(() => this.#listener.cameOnline?.(userId));
    }
    this.#send();
  }

  onBreak(cause: EphemeralError): void {
    const now = this.#now();
    for (const frame of this.#inFlight.splice(0)) {
      for (const timer of frame.timers) {
        this.#schedule.lost(timer, now);
        this.#removeIfLeaving(timer);
      }
    }
    this.#wasBroken = true;
    this.#notify(() => this.#listener.disconnected?.(cause));
  }

  onClosed(): void {
    this.#completeRemoveAll();
  }

  /** Sends what was due at the last tick. With the present time each response would trigger a small frame. */
  #send(): void {
    while (this.#stream.isReady && this.#inFlight.length < MAX_FRAMES_IN_FLIGHT) {
      const due = this.#schedule.takeDue(this.#lastTick, MAX_PER_FRAME);
      if (due.length === 0) {
        return;
      }
      const frame = { sequence: ++this.#sequence, sentAt: this.#now(), timers: inResponseOrder(due) };
      this.#inFlight.push(frame);
      this.#stream.send(toMessage(frame));
    }
  }

  /** An index outside the frame rejects the frame as a whole, for a reason that no user's id caused. */
  #onRejected(
    frame: Frame,
    { index, errorReason: name, message }: RejectedHeartbeat,
    accepted: Set<HeartbeatTimer>,
  ): void {
    const one = frame.timers[index];
    const reason = errorReason(name);
    const now = this.#now();
    for (const timer of one === undefined ? frame.timers : [one]) {
      accepted.delete(timer);
      this.#schedule.rejected(timer, now);
    }
    if (one !== undefined && reason === ErrorReason.ERROR_REASON_INVALID_FIELD) {
      this.#schedule.remove(one);
      this.#notify(() => this.#listener.rejected?.(one.userId, reason, message));
    }
  }

  #removeIfLeaving(timer: HeartbeatTimer): void {
    if (timer.isLeaving && !timer.isRemoved) {
      this.remove(timer.userId, timer.connectionId);
    }
  }

  #completeRemoveAll(): void {
    const done = this.#removeAllDone;
    this.#removeAllDone = [];
    for (const resolve of done) {
      resolve();
    }
  }

  /** In a task of its own, so that what a callback throws does not end the loop. */
  #notify(callback: () => void): void {
    process.nextTick(callback);
  }
}

function inResponseOrder(timers: HeartbeatTimer[]): HeartbeatTimer[] {
  return [...timers.filter((timer) => !timer.connectionId), ...timers.filter((timer) => timer.connectionId)];
}

function toMessage({ sequence, timers }: Frame): StreamHeartbeatsRequest {
  return {
    sequence,
    userIds: timers.filter((timer) => !timer.connectionId).map((timer) => timer.userId),
    heartbeats: timers
      .filter((timer) => timer.connectionId)
      .map(({ userId, connectionId }) => ({ userId, connectionId })),
  };
}
