import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import { readToken } from './bearer-token.js';
import { checkCertificates } from './certificates.js';
import { inRange } from './ranges.js';
import { readFile } from './readable-file.js';
import { grpcTarget } from './target.js';

/** How an {@link EphemeralClient} connects and waits. */
export interface EphemeralClientOptions {
  /** No encryption, and the server is not authenticated: for a private network only. Otherwise TLS. */
  plaintext?: boolean;

  /** The certificate authorities of the server, PEM; those of Node if not set. */
  ca?: string | Buffer;

  /** The certificate of this client, PEM, and its key. */
  certificate?: string | Buffer;
  key?: string | Buffer;

  /** Any other credentials, in place of the four above. */
  credentials?: ChannelCredentials;

  /**
   * A file with the bearer token that proves the caller: one line of printable ASCII. It is read again at most once a
   * minute; while it has no token, the last one stays in use, with a warning of the process.
   */
  tokenFile?: string;

  /** The bearer token, asked for each call and stream, in place of the file. An empty one is not sent. */
  token?: () => string;

  /** Sends the token without encryption to a server that is not on this machine. It can be read on the network. */
  allowClearTextToken?: boolean;

  /** How long a unary call may take, retries included: 1 to 3,600,000; 1,000 if not set. */
  deadlineMs?: number;

  /** Silence after which the client pings the server, without a reply for 5 s it reconnects: 10,000 to 3,600,000; 30,000. */
  keepAliveMs?: number;

  /** How long a read through the cache waits for the cache before it loads: 1 to 60,000; 200 if not set. */
  maxCacheWaitMs?: number;

  /** How many loads of users, and how many of products, run at a time: 1 to 1,000; 16 if not set. */
  maxLoads?: number;

  /** How long a load may take, its wait for a place included: 1 to 3,600,000; 2,000 if not set. */
  loadDeadlineMs?: number;

  /** Further options of grpc-js. They replace those of this client. */
  channelOptions?: ChannelOptions;
}

const HOUR_MS = 3_600_000;

/** The server's minimum: it closes the connection of a client that pings more often. */
const MIN_KEEP_ALIVE_MS = 10_000;

export function checked(options: EphemeralClientOptions) {
  const {
    deadlineMs = 1_000,
    keepAliveMs = 30_000,
    maxCacheWaitMs = 200,
    maxLoads = 16,
    loadDeadlineMs = 2_000,
  } = options;
  return {
    deadlineMs: inRange('deadlineMs', deadlineMs, 1, HOUR_MS),
    keepAliveMs: inRange('keepAliveMs', keepAliveMs, MIN_KEEP_ALIVE_MS, HOUR_MS),
    maxCacheWaitMs: inRange('maxCacheWaitMs', maxCacheWaitMs, 1, 60_000),
    maxLoads: inRange('maxLoads', maxLoads, 1, 1_000),
    loadDeadlineMs: inRange('loadDeadlineMs', loadDeadlineMs, 1, HOUR_MS),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the target and the options from EPHEMERAL_CLIENT_TARGET, _PLAINTEXT (`true`), _CA, _CERTIFICATE, _KEY (PEM files)
 * and _TOKEN_FILE. Throws an error that names the variable.
 */
export function readEnvironment(env: Environment): { target: string; options: EphemeralClientOptions } {
  const get = (name: string) => env[`EPHEMERAL_CLIENT_${name}`] || undefined;
  const target = get('TARGET');
  if (target === undefined) {
    throw new Error('EPHEMERAL_CLIENT_TARGET is not set (expected: host:port)');
  }
  grpcTarget(target, 'EPHEMERAL_CLIENT_TARGET');
  const plaintext = get('PLAINTEXT');
  if (plaintext !== undefined && plaintext !== 'true' && plaintext !== 'false') {
    throw new Error(`EPHEMERAL_CLIENT_PLAINTEXT: ${JSON.stringify(plaintext)} (expected: true or false)`);
  }
  const options: EphemeralClientOptions = { plaintext: plaintext === 'true' };
  for (const [option, name] of [
    ['ca', 'CA'],
    ['certificate', 'CERTIFICATE'],
    ['key', 'KEY'],
  ] as const) {
    const file = get(name);
    if (file !== undefined) {
      if (options.plaintext) {
        throw new Error(`EPHEMERAL_CLIENT_${name} is set (expected: unset with EPHEMERAL_CLIENT_PLAINTEXT)`);
      }
      options[option] = readFile(`EPHEMERAL_CLIENT_${name}`, file);
    }
  }
  checkCertificates(options, (option) => `EPHEMERAL_CLIENT_${option.toUpperCase()}`);
  const tokenFile = get('TOKEN_FILE');
  if (tokenFile !== undefined) {
    readToken('EPHEMERAL_CLIENT_TOKEN_FILE', tokenFile);
    options.tokenFile = tokenFile;
  }
  return { target, options };
}
