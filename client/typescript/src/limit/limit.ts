import { status as Status } from '@grpc/grpc-js';
import { durationMs } from '../duration.js';
import type { EphemeralClient } from '../ephemeral-client.js';
import { EphemeralError } from '../ephemeral-error.js';
import { inRange } from '../ranges.js';

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

/** These say that Ephemeral cannot decide now; any other failure is a defect of the caller or its configuration. */
const UNAVAILABLE = new Set([Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED]);

/** The rate limit of an HTTP server, without the server: `express` and `fastify` of this package use it. */
export function limit(client: Pick<EphemeralClient, 'checkRate'>, options: LimitOptions): Limit {
  const { action, onUnavailable = 'open' } = options;
  const deadlineMs = inRange('deadlineMs', options.deadlineMs ?? 200, 1, 3_600_000);
  return async (userId) => {
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
      if (!(failure instanceof EphemeralError && UNAVAILABLE.has(failure.code))) {
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

/** Whole seconds, rounded up. */
const seconds = (ms: number): string => String(Math.ceil(ms / 1_000));

/** The text of a response that does not let the request pass. */
export const MESSAGES = { 429: 'Too many requests', 503: 'Service unavailable' } as const;
