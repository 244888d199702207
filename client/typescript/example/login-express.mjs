// A login endpoint that allows 5 attempts a minute for each user, and 6 attempts of one user. With Express.
import { randomUUID } from 'node:crypto';
import { EphemeralClient } from '@flowhub/ephemeral-client';
import { rateLimit } from '@flowhub/ephemeral-client/express';
import express from 'express';

const client = new EphemeralClient(process.argv[2] ?? 'localhost:9090', { plaintext: true });

const app = express();
app.post(
  '/login',
  express.json(),
  rateLimit(client, {
    action: 'login_attempts',
    key: (request) => String(request.body.user),
    onUnavailable: process.env.LOGIN_ON_UNAVAILABLE,
    deadlineMs: 2_000, // More than the default of 200: the first call of a process waits for the connection too.
  }),
  (request, response) => {
    response.sendStatus(request.body.password === 'correct' ? 204 : 401);
  },
);

const server = app.listen(0, '127.0.0.1', async () => {
  const user = `alice-${randomUUID()}`;
  for (let attempt = 1; attempt <= 6; attempt++) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, password: 'wrong' }),
    });
    const { status, headers } = response;
    const retry = headers.has('retry-after') ? `, retry after ${headers.get('retry-after')} s` : '';
    console.log(`attempt ${attempt}: ${status}, ${headers.get('ratelimit-remaining')} left${retry}`);
  }
  server.close();
  server.closeAllConnections();
  await client.close();
});
