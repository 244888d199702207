import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isSafeToRetry, RETRY_SAFETY } from '../src/unary/retry-safety.js';
import { methodName } from '../src/unary/unary-calls.js';
import * as v1 from '../src/v1.js';

const GUIDE = new URL('../../../../docs/guides/java-client.md', import.meta.url);

/** The requests that each condition of the guide is about: safe ones, then unsafe ones. */
const EXAMPLES: Record<string, [object[], object[]]> = {
  yes: [[{}], []],
  no: [[], [{}, { requestId: 'r', lease: 'l', token: 't', connectionId: 'c', hits: 0 }]],
  'with a `request_id` or `hits: 0`': [
    [{ requestId: 'r' }, { requestId: '', hits: 0 }],
    [{ requestId: '' }, { hits: 1 }],
  ],
  'with a `request_id`': [[{ requestId: 'r' }], [{ requestId: '' }]],
  'with the token': [[{ token: 't' }], [{ token: '' }]],
  'with a lease': [[{ lease: 'l' }], [{ lease: '' }]],
  'with a `connection_id`': [[{ connectionId: 'c' }], [{ connectionId: '' }]],
};

test('the calls that are retried are those of the guide of the Java client', () => {
  const section = readFileSync(GUIDE, 'utf8').split('## Retries')[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \| /gm)].map(([, rpc = '', condition = '']) => ({
    rpc,
    condition,
  }));
  assert.deepEqual(
    rows.map(({ rpc }) => rpc),
    Object.keys(RETRY_SAFETY),
  );
  for (const { rpc, condition } of rows) {
    const [safe, unsafe] = EXAMPLES[condition] ?? assert.fail(`no example of ${condition}`);
    for (const request of safe) {
      assert.ok(isSafeToRetry(rpc, request), `${rpc} ${JSON.stringify(request)}`);
    }
    for (const request of unsafe) {
      assert.ok(!isSafeToRetry(rpc, request), `${rpc} ${JSON.stringify(request)}`);
    }
  }
});

test('each unary method of the contract has a rule', () => {
  const services = Object.entries(v1).filter(([name]) => name.endsWith('ServiceService'));
  const methods = services.flatMap(([, service]) =>
    Object.values(service as Record<string, { path: string; requestStream: boolean }>),
  );
  const unary = methods.filter((method) => !method.requestStream).map((method) => methodName(method.path));
  assert.deepEqual(unary.sort(), Object.keys(RETRY_SAFETY).sort());
});
