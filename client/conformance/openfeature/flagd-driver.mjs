// Drives the flagd provider for JavaScript: the protocol of README.md over standard input and output.

import { createInterface } from 'node:readline';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';

const EVENTS = {
  [ProviderEvents.Ready]: 'ready',
  [ProviderEvents.Stale]: 'stale',
  [ProviderEvents.Error]: 'error',
  [ProviderEvents.ConfigurationChanged]: 'change',
};

// JavaScript has one type of number, which the provider reads by ResolveFloat.
const READS = {
  boolean: 'getBooleanDetails',
  string: 'getStringDetails',
  integer: 'getNumberDetails',
  float: 'getNumberDetails',
  object: 'getObjectDetails',
};

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const OPERATIONS = {
  async connect(args) {
    for (const [event, name] of Object.entries(EVENTS)) {
      OpenFeature.addHandler(event, (details) =>
        write({ event: name, handle: 'provider', flags: details?.flagsChanged ?? [] }),
      );
    }
    await OpenFeature.setProviderAndWait(
      new FlagdProvider({
        host: '127.0.0.1',
        port: args.port,
        deadlineMs: args.deadline_ms,
        retryBackoffMaxMs: args.backoff_ms,
      }),
    );
    return {};
  },

  async evaluate(args) {
    const context = { plan: 'free', ...(args.user === null ? {} : { targetingKey: args.user }) };
    const details = await OpenFeature.getClient()[READS[args.type]](args.flag, args.default, context);
    return {
      value: details.value,
      reason: details.reason ?? null,
      variant: details.variant ?? null,
      error: details.errorCode ?? null,
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    write({ id: request.id, result: await OPERATIONS[request.op](request.args) });
  } catch (e) {
    write({ id: request.id, error: { message: String(e) } });
  }
}
await OpenFeature.close();
process.exit(0);
