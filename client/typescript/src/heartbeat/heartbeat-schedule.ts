import type { Random } from '../jitter.js';

/** The schedule of the heartbeats of one user, or of one connection of a user. Times are milliseconds of one clock. */
export interface HeartbeatTimer {
  readonly userId: string;

  /** Empty if the heartbeats are for no connection. */
  readonly connectionId: string;

  /** When to send the next one. */
  due: number;

  /** When the last accepted one was sent: the user's lifetime runs from there. */
  acceptedAt: number;

  /** Whether one was ever accepted. */
  wasAccepted: boolean;

  /** Rejections since the last accepted one. */
  rejections: number;

  /** Whether one is in flight. If not, the timer is in the queue. */
  isInFlight: boolean;

  /** SetOffline follows once no heartbeat is in flight that could mark the user online again. */
  isLeaving: boolean;

  /** Removed, but still in the queue or in flight. */
  isRemoved: boolean;
}

/** Until the first response sets them. */
const INTERVAL_MS = 3_000;
const LIFETIME_MS = 10_000;

const JITTER = 0.1;
const MAX_DOUBLINGS = 10;

/** The length keeps apart ids that break the rule, which only the server rejects. */
export const timerKey = (userId: string, connectionId: string): string => `${userId.length} ${userId}${connectionId}`;

/**
 * When each key's next heartbeat is due. The first is due at once, the second at a random moment of the interval, each
 * later one up to a tenth of the interval early. Users added together are therefore spread evenly from the second
 * heartbeat on, and bunches that form while the server is slow or unavailable dissolve by themselves.
 */
export class HeartbeatSchedule {
  readonly #firstRetryMs: number;
  readonly #random: Random;
  readonly #all = new Map<string, HeartbeatTimer>();
  #queue: HeartbeatTimer[] = []; // A binary heap, the one that is due first at its root.
  #interval = INTERVAL_MS;
  #lifetime = LIFETIME_MS;

  /** @param firstRetryMs the first wait after a rejection; it doubles with each further one, up to the interval */
  constructor(firstRetryMs: number, random: Random) {
    this.#firstRetryMs = firstRetryMs;
    this.#random = random;
  }

  /** Applies the server's interval and lifetime. Zero leaves the present value. */
  update(intervalMs: number, lifetimeMs: number): void {
    this.#interval = intervalMs || this.#interval;
    this.#lifetime = lifetimeMs || this.#lifetime;
  }

  get lifetimeMs(): number {
    return this.#lifetime;
  }

  get timers(): HeartbeatTimer[] {
    return [...this.#all.values()];
  }

  get(userId: string, connectionId: string): HeartbeatTimer | undefined {
    return this.#all.get(timerKey(userId, connectionId));
  }

  get isAnyLeaving(): boolean {
    return this.timers.some((timer) => timer.isLeaving);
  }

  add(userId: string, connectionId: string, now: number): void {
    const timer: HeartbeatTimer = {
      userId,
      connectionId,
      due: now,
      acceptedAt: 0,
      wasAccepted: false,
      rejections: 0,
      isInFlight: false,
      isLeaving: false,
      isRemoved: false,
    };
    this.#all.set(timerKey(userId, connectionId), timer);
    this.#push(timer);
  }

  remove(timer: HeartbeatTimer): void {
    timer.isRemoved = true;
    this.#all.delete(timerKey(timer.userId, timer.connectionId));
  }

  /** Removes due timers from the queue, the longest due first. One of the methods below puts each back. */
  takeDue(now: number, max: number): HeartbeatTimer[] {
    const due: HeartbeatTimer[] = [];
    for (
      let first = this.#queue[0];
      first !== undefined && first.due <= now && due.length < max;
      first = this.#queue[0]
    ) {
      this.#pop();
      if (!first.isRemoved) {
        first.isInFlight = true;
        due.push(first);
      }
    }
    return due;
  }

  accepted(timer: HeartbeatTimer, sentAt: number): void {
    const random = this.#random();
    const fraction = timer.wasAccepted ? 1 - JITTER * random : (1 - JITTER / 2) * random;
    timer.wasAccepted = true;
    timer.acceptedAt = sentAt;
    timer.rejections = 0;
    this.#requeue(timer, sentAt + this.#interval * fraction);
  }

  rejected(timer: HeartbeatTimer, now: number): void {
    const wait = this.#firstRetryMs * 2 ** Math.min(timer.rejections++, MAX_DOUBLINGS);
    this.#requeue(timer, now + Math.min(this.#interval, wait));
  }

  /** The stream broke: it is unknown whether the heartbeat arrived. */
  lost(timer: HeartbeatTimer, now: number): void {
    this.#requeue(timer, now);
  }

  /**
   * After a reconnect: schedules all heartbeats evenly within one interval, the user without one for longest first. A
   * user whose lifetime would end before its turn, but has not ended yet, is scheduled earlier.
   */
  spread(now: number): void {
    const waiting = this.#queue
      .filter((timer) => !timer.isRemoved)
      .sort((one, other) => Number(one.wasAccepted) - Number(other.wasAccepted) || one.acceptedAt - other.acceptedAt);
    this.#queue = [];
    waiting.forEach((timer, i) => {
      const turn = now + (this.#interval * i) / waiting.length;
      const expiry = timer.acceptedAt + this.#lifetime;
      const latest = expiry - this.#interval / 2;
      timer.due = timer.wasAccepted && expiry > now && latest < turn ? latest : turn;
      this.#push(timer);
    });
  }

  #requeue(timer: HeartbeatTimer, due: number): void {
    timer.isInFlight = false;
    timer.due = due;
    if (!timer.isRemoved) {
      this.#push(timer);
    }
  }

  #push(timer: HeartbeatTimer): void {
    const queue = this.#queue;
    let i = queue.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = queue[parent] as HeartbeatTimer;
      if (above.due <= timer.due) {
        break;
      }
      queue[i] = above;
      i = parent;
    }
    queue[i] = timer;
  }

  #pop(): void {
    const queue = this.#queue;
    const last = queue.pop() as HeartbeatTimer;
    const size = queue.length;
    if (size === 0) {
      return;
    }
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      let below = queue[child] as HeartbeatTimer;
      const right = queue[child + 1];
      if (right !== undefined && right.due < below.due) {
        child++;
        below = right;
      }
      if (last.due <= below.due) {
        break;
      }
      queue[i] = below;
      i = child;
    }
    queue[i] = last;
  }
}
