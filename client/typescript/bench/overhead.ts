// The calls a second of checkRate through the client and through the bare generated client, in turns, and their ratio.
// Arguments: target, calls of one turn, turns.
import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { EphemeralClient } from '../src/index.js';
import { type CheckRateResponse, RateLimitServiceClient } from '../src/v1.js';

const [target = 'localhost:9090', calls = '20000', turns = '5'] = process.argv.slice(2);
const IN_FLIGHT = 64;
const ACTION = 'login_attempts';

const client = new EphemeralClient(target, { plaintext: true, deadlineMs: 30_000 });
const bare = client.stub(RateLimitServiceClient);

const throughClient = (user: string) => client.checkRate(user, ACTION);

const throughStub = (userId: string) =>
  new Promise<CheckRateResponse>((resolve, reject) => {
    const request = { userId, action: ACTION, hits: undefined, requestId: randomUUID() };
    bare.checkRate(request, new Metadata(), { deadline: Date.now() + 30_000 }, (failure, response) =>
      failure === null ? resolve(response) : reject(failure),
    );
  });

/** Calls a second, with a fixed number in flight. */
async function measure(call: (user: string) => Promise<CheckRateResponse>, count: number): Promise<number> {
  let next = 0;
  const begin = performance.now();
  const worker = async () => {
    while (next < count) {
      await call(`user-${next++}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return (count / (performance.now() - begin)) * 1_000;
}

const median = (values: number[]) => values.sort((one, other) => one - other)[values.length >> 1] as number;

const results = { client: [] as number[], stub: [] as number[] };
await measure(throughStub, Number(calls) / 4); // Both paths are compiled before the first turn.
await measure(throughClient, Number(calls) / 4);
for (let turn = 0; turn < Number(turns); turn++) {
  results.stub.push(await measure(throughStub, Number(calls)));
  results.client.push(await measure(throughClient, Number(calls)));
}
const [clientRate, stubRate] = [median(results.client), median(results.stub)];
console.log(`client ${clientRate.toFixed(0)} calls/s, bare stub ${stubRate.toFixed(0)} calls/s`);
console.log(`ratio ${(clientRate / stubRate).toFixed(3)} (wanted: at least 0.9)`);
await client.close();
