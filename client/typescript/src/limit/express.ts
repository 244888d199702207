import type { EphemeralClient } from '../ephemeral-client.js';
import { type LimitOptions, limitOfKey, MESSAGES } from './limit.js';

interface Request {
  ip?: string | undefined;
}

interface Response {
  set(headers: Record<string, string>): unknown;
  status(code: number): { type(type: string): { send(body: string): unknown } };
}

/**
 * Express middleware that limits requests: 429 with `Retry-After` for one that is denied. A failure that is not an
 * outage, such as an unknown action, is logged with `console.error` and gets 500.
 *
 * @param options `key` names the user that a request counts for, any text; the IP address of the client if not set
 */
export function rateLimit(
  client: Pick<EphemeralClient, 'checkRate'>,
  options: LimitOptions & {
    // biome-ignore lint/suspicious/noExplicitAny: a request of any version of the framework, or a subtype that the caller names
    key?: (request: any) => string;
  },
): (request: Request, response: Response, next: (failure?: unknown) => void) => Promise<void> {
  const { key = (request: Request) => request.ip ?? 'unknown' } = options;
  const decide = limitOfKey(client, options);
  return async (request, response, next) => {
    let decision: Awaited<ReturnType<typeof decide>>;
    try {
      decision = await decide(key(request));
    } catch (failure) {
      next(failure);
      return;
    }
    response.set(decision.headers);
    if (decision.status === 200) {
      next();
    } else {
      response.status(decision.status).type('text/plain').send(MESSAGES[decision.status]);
    }
  };
}
