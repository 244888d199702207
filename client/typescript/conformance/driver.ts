// Runs the operations of client/conformance with this client: requests on standard input, answers and events on standard
// output. Argument: the descriptor set of the protos, for JSON of protobuf.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFileRegistry, type DescMethod, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  EphemeralClient,
  EphemeralError,
  escapeId,
  type Heartbeats,
  LoadError,
  limit,
  type PresenceWatch,
  type Subscription,
  type TypingWatch,
} from '../src/index.js';
import * as v1 from '../src/v1.js';

// biome-ignore lint/suspicious/noExplicitAny: the arguments of an operation are JSON
type Json = any;
type AnyWatch = PresenceWatch | TypingWatch | Subscription;

/** Stops the reader of a watch. */
class Gate {
  #opened: Promise<void> = Promise.resolve();
  #open = () => {};

  shut(): void {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }

  get opened(): Promise<void> {
    return this.#opened;
  }
}

const STUBS: Record<string, (client: EphemeralClient) => Json> = {
  RateLimitService: (client) => client.rateLimits,
  OtpService: (client) => client.otp,
  SessionService: (client) => client.sessions,
  TokenService: (client) => client.tokens,
  FeatureFlagService: (client) => client.featureFlags,
  CacheService: (client) => client.cache,
  PresenceService: (client) => client.presence,
  TypingService: (client) => client.typing,
  BroadcastService: (client) => client.broadcast,
  BudgetService: (client) => client.budget,
};

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[2] ?? '')));
const heartbeats = new Map<string, Heartbeats>();
const watches = new Map<string, { watch: AnyWatch; gate: Gate; isClosed: boolean }>();
let client!: EphemeralClient;

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function methodOf(name: string): { stub: Json; desc: DescMethod } {
  const [service = '', rpc] = name.split('/');
  const desc = registry.getService(`flowhub.ephemeral.v1.${service}`)?.methods.find((each) => each.name === rpc);
  if (desc === undefined) {
    throw new Error(`no method ${name}`);
  }
  return { stub: STUBS[service]?.(client), desc };
}

async function call({ method, request, deadline_ms }: Json): Promise<object> {
  const { stub, desc } = methodOf(method);
  const codecs = v1 as Json;
  const decoded = codecs[desc.input.name].decode(toBinary(desc.input, fromJson(desc.input, request)));
  const response = await stub[desc.localName](decoded, { deadlineMs: deadline_ms });
  const message = fromBinary(desc.output, codecs[desc.output.name].encode(response).finish());
  return { response: toJson(desc.output, message, { alwaysEmitImplicit: true }) };
}

async function readThrough({ kind, key, loads = {} }: Json): Promise<object> {
  let loaded = false;
  const value = await client[kind as 'users' | 'products'].get(key, async () => {
    loaded = true;
    await sleep(loads.delay_ms ?? 0);
    if (loads.error) {
      throw new Error('the loader of the scenario fails');
    }
    return loads.value ?? null;
  });
  return { value, loaded };
}

function startWatch(handle: string, watch: AnyWatch): object {
  const entry = { watch, gate: new Gate(), isClosed: false };
  watches.set(handle, entry);
  const pump = async () => {
    for await (const event of watch) {
      const line = toEvent(handle, event);
      if (line !== undefined && !entry.isClosed) {
        write(line);
      }
      await entry.gate.opened;
    }
  };
  void pump();
  return {};
}

function toEvent(handle: string, event: Json): object | undefined {
  switch (event.type) {
    case 'online':
    case 'offline':
      return { event: event.type, handle, user: event.userId };
    case 'typing':
      return { event: 'typing', handle, room: event.roomId, users: event.userIds };
    case 'message': {
      const payload = event.payload.toString('base64');
      return { event: 'message', handle, room: event.roomId, sender: event.senderId, payload };
    }
    case 'gap':
      return { event: 'gap', handle, room: event.roomId ?? null, missed: event.lost ?? null };
    case 'subscribed':
      return { event: 'subscribed', handle, rooms: event.roomIds };
    case 'stale':
    case 'resynced':
      return { event: event.type, handle };
    default:
      console.error(new Date().toISOString(), handle, event.type, event.error?.message ?? '');
      return undefined;
  }
}

function watchOf(handle: string) {
  const entry = watches.get(handle);
  if (entry === undefined) {
    throw new Error(`no watch ${handle}`);
  }
  return entry;
}

const operations: Record<string, (args: Json) => object | Promise<object>> = {
  connect({ target, deadline_ms, max_cache_wait_ms, ca, token_file }) {
    client = new EphemeralClient(target, {
      deadlineMs: deadline_ms,
      maxCacheWaitMs: max_cache_wait_ms,
      plaintext: ca === undefined,
      ca: ca === undefined ? undefined : readFileSync(ca),
      tokenFile: token_file,
    });
    return {};
  },
  call,
  read_through: readThrough,
  evict: async ({ kind, key }) => ({ evicted: await client[kind as 'users' | 'products'].evict(key) }),
  heartbeats({ handle }) {
    const rejected = (user: string, reason: string) =>
      write({ event: 'rejected', handle, user, reason: withoutPrefix(reason) });
    heartbeats.set(handle, client.heartbeats({ rejected }));
    return {};
  },
  heartbeat_add({ handle, user, connection }) {
    heartbeats.get(handle)?.add(user, connection);
    return {};
  },
  heartbeat_remove({ handle, user, connection }) {
    heartbeats.get(handle)?.remove(user, connection);
    return {};
  },
  watch_presence: ({ handle, users }) => startWatch(handle, client.watchPresence(users)),
  watch_typing: ({ handle, rooms }) => startWatch(handle, client.watchTyping(rooms)),
  subscribe: ({ handle, rooms }) => startWatch(handle, client.subscribe(rooms)),
  watch_add({ handle, ids }) {
    watchOf(handle).watch.add(...ids);
    return {};
  },
  watch_remove({ handle, ids }) {
    watchOf(handle).watch.remove(...ids);
    return {};
  },
  pause({ handle }) {
    watchOf(handle).gate.shut();
    return {};
  },
  resume({ handle }) {
    watchOf(handle).gate.open();
    return {};
  },
  close_handle({ handle }) {
    heartbeats.get(handle)?.close();
    const entry = watches.get(handle);
    if (entry !== undefined) {
      entry.isClosed = true;
      entry.watch.close();
    }
    return {};
  },
  escape_id: ({ text }) => ({ id: escapeId(text) }),
  limit: ({ user, action, on_unavailable, deadline_ms }) =>
    limit(client, { action, onUnavailable: on_unavailable, deadlineMs: deadline_ms })(user),
  async close() {
    await client.close();
    return {};
  },
};

const withoutPrefix = (reason: string | undefined) => reason?.replace(/^ERROR_REASON_/, '') ?? null;

function toError(failure: unknown): object {
  if (failure instanceof EphemeralError) {
    const { status, reasonName, retryDelayMs, metadata, message } = failure;
    return {
      code: status,
      reason: withoutPrefix(reasonName),
      retry_delay_ms: retryDelayMs === undefined ? null : Math.round(retryDelayMs),
      metadata,
      message,
    };
  }
  const code = failure instanceof LoadError ? 'LOAD' : failure instanceof RangeError ? 'INVALID_ARGUMENT' : 'DRIVER';
  console.error(failure);
  return { code, reason: null, retry_delay_ms: null, metadata: {}, message: String(failure) };
}

async function run(line: string): Promise<void> {
  const { id, op, args } = JSON.parse(line);
  try {
    const operation = operations[op];
    if (operation === undefined) {
      throw new Error(`no operation ${op}`);
    }
    write({ id, result: await operation(args ?? {}) });
  } catch (failure) {
    write({ id, error: toError(failure) });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  void run(line);
}
await client?.close();
process.exit(0);
