import { status as Status } from '@grpc/grpc-js';
import { durationMs } from '../duration.js';
import type { EphemeralClient } from '../ephemeral-client.js';
import { EphemeralError } from '../ephemeral-error.js';
import { escapeId } from '../ids.js';
import { inRange } from '../ranges.js';
import { ErrorReason } from '../v1.js';

/** How requests of an HTTP server are limited. */
export interface LimitOptions {
  /** The action of the server's configuration that each request counts for. */
  action: string;

  /** While Ephemeral is unavailable: `open`, the default, lets requests pass, `closed` responds with 503. */
  onUnavailable?: 'open' | 'closed';

  /** How long a request waits for the decision: 1 to 3,600,000; 200 if not set. */
  deadlineMs?: number;
}

/** What to do with a request: 200 lets it pass; the headers belong to the response either way. */
export interface LimitDecision {
  status: 200 | 429 | 503;
  headers: Record<string, string>;
}

/** Decides about one request of a user. Rejects if the action has no policy, for example. */
export type Limit = (userId: string) => Promise<LimitDecision>;

/** The rate limit of an HTTP server, without the server: `express` and `fastify` of this package use it. */
export function limit(client: Pick<EphemeralClient, 'checkRate'>, options: LimitOptions): Limit {
  const { action, onUnavailable = 'open' } = options;
  const deadlineMs = inRange('deadlineMs', options.deadlineMs ?? 200, 1, 3_600_000);
  return async (userId) => {
    const start = performance.now();
    try {
      const response = await client.checkRate(userId, action, { deadlineMs });
      const headers: Record<string, string> = {
        'RateLimit-Limit': String(response.limit),
        'RateLimit-Remaining': String(response.remaining),
        'RateLimit-Reset': seconds(durationMs(response.resetAfter)),
      };
      if (response.allowed) {
        return { status: 200, headers };
      }
      if (response.retryAfter !== undefined) {
        headers['Retry-After'] = seconds(durationMs(response.retryAfter));
      }
      return { status: 429, headers };
    } catch (failure) {
      if (!(failure instanceof EphemeralError && isOutage(failure, performance.now() - start >= deadlineMs))) {
        throw failure;
      }
      if (onUnavailable === 'open') {
        return { status: 200, headers: {} };
      }
      const headers: Record<string, string> = {};
      if (failure.retryDelayMs !== undefined) {
        headers['Retry-After'] = seconds(failure.retryDelayMs);
      }
      return { status: 503, headers };
    }
  };
}

/** Whether Ephemeral cannot decide now; any other failure is a mistake of the caller or its configuration. */
function isOutage({ code, reason }: EphemeralError, isDeadlineOver: boolean): boolean {
  switch (code) {
    case Status.UNAVAILABLE:
    case Status.DEADLINE_EXCEEDED:
      return true;
    case Status.RESOURCE_EXHAUSTED:
      return reason === ErrorReason.ERROR_REASON_OVERLOADED || reason === ErrorReason.ERROR_REASON_BUDGET_FULL;
    case Status.CANCELLED:
      return isDeadlineOver; // The server cancels the call at its deadline.
    default:
      return false;
  }
}

/** The limit of a middleware. A mistake is logged and gets 500: the response must not show details of it. */
export function limitOfKey(
  client: Pick<EphemeralClient, 'checkRate'>,
  options: LimitOptions,
): (key: string) => Promise<{ status: 200 | keyof typeof MESSAGES; headers: Record<string, string> }> {
  const decide = limit(client, options);
  return async (key) => {
    const userId = escapeId(key);
    try {
      return await decide(userId);
    } catch (failure) {
      if (!(failure instanceof EphemeralError)) {
        throw failure;
      }
      const reason = failure.reasonName ?? 'no reason';
      console.error(`rate limit of ${JSON.stringify(options.action)}: ${failure.status}, ${reason}`);
      return { status: 500, headers: {} };
    }
  };
}

/** Whole seconds, rounded up. */
const seconds = (ms: number): string => String(Math.ceil(ms / 1_000));

/** The text of a response that does not let the request pass. */
export const MESSAGES = {
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'Service unavailable',
} as const;
