// A login endpoint that allows 5 attempts a minute for each user, and 6 attempts of one user. With Fastify.
import { randomUUID } from 'node:crypto';
import { EphemeralClient } from '@flowhub/ephemeral-client';
import { rateLimit } from '@flowhub/ephemeral-client/fastify';
import Fastify from 'fastify';

const client = new EphemeralClient(process.argv[2] ?? 'localhost:9090', { plaintext: true });

const app = Fastify();
const preHandler = rateLimit(client, {
  action: 'login_attempts',
  key: (request) => String(request.body.user),
  onUnavailable: process.env.LOGIN_ON_UNAVAILABLE,
  deadlineMs: 2_000, // More than the default of 200: the first call of a process waits for the connection too.
});
app.post('/login', { preHandler }, (request, reply) =>
  reply.code(request.body.password === 'correct' ? 204 : 401).send(),
);
await app.ready();

const user = `alice-${randomUUID()}`;
for (let attempt = 1; attempt <= 6; attempt++) {
  const { statusCode, headers } = await app.inject({
    method: 'POST',
    url: '/login',
    payload: { user, password: 'wrong' },
  });
  const retry = 'retry-after' in headers ? `, retry after ${headers['retry-after']} s` : '';
  console.log(`attempt ${attempt}: ${statusCode}, ${headers['ratelimit-remaining']} left${retry}`);
}
await app.close();
await client.close();
