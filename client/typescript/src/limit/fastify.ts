import type { EphemeralClient } from '../ephemeral-client.js';
import { type LimitOptions, limitOfKey, MESSAGES } from './limit.js';

interface Request {
  ip: string;
}

interface Reply {
  headers(headers: Record<string, string>): unknown;
  code(code: number): { type(type: string): { send(body: string): unknown } };
}

/**
 * A Fastify hook, for `onRequest` or `preHandler`, that limits requests: 429 with `Retry-After` for one that is denied. A
 * failure that is not an outage, such as an unknown action, is logged with `console.error` and gets 500.
 *
 * @param options `key` names the user that a request counts for, any text; the IP address of the client if not set
 */
export function rateLimit(
  client: Pick<EphemeralClient, 'checkRate'>,
  options: LimitOptions & {
    // biome-ignore lint/suspicious/noExplicitAny: a request of any version of the framework, or a subtype that the caller names
    key?: (request: any) => string;
  },
): (request: Request, reply: Reply) => Promise<unknown> {
  const { key = (request: Request) => request.ip } = options;
  const decide = limitOfKey(client, options);
  return async (request, reply) => {
    const { status, headers } = await decide(key(request));
    reply.headers(headers);
    return status === 200 ? undefined : reply.code(status).type('text/plain').send(MESSAGES[status]);
  };
}
