import { Channel, ChannelCredentials } from '@grpc/grpc-js';
import { checkCertificates } from './certificates.js';
import { OWN_CONNECTION } from './drained-connection.js';
import type { EphemeralClientOptions } from './options.js';

const KEEP_ALIVE_TIMEOUT_MS = 5_000;

/** Holds a response with 1,000 objects of 5 KB, the largest that the service sends. */
const MAX_RESPONSE_BYTES = 8 << 20;

/** The retries of gRPC decide by the method alone; this client's look into the request. */
const SERVICE_CONFIG = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] });

/** @param target of gRPC, with its scheme */
export function openChannel(target: string, options: EphemeralClientOptions, keepAliveMs: number): Channel {
  return new Channel(target, channelCredentials(options), {
    'grpc.service_config': SERVICE_CONFIG,
    'grpc.service_config_disable_resolution': 1, // A DNS record must not decide what is retried.
    'grpc.keepalive_time_ms': keepAliveMs,
    'grpc.keepalive_timeout_ms': KEEP_ALIVE_TIMEOUT_MS,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': 1_000,
    'grpc.max_reconnect_backoff_ms': 2_000, // Else a server is found minutes after a long outage.
    'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
    [OWN_CONNECTION]: 1,
    ...options.channelOptions,
  });
}

function channelCredentials(options: EphemeralClientOptions): ChannelCredentials {
  const { plaintext, ca, certificate, key, credentials } = options;
  if (credentials !== undefined) {
    return credentials;
  }
  if (plaintext) {
    return ChannelCredentials.createInsecure();
  }
  checkCertificates(options);
  return ChannelCredentials.createSsl(pem(ca), pem(key), pem(certificate));
}

const pem = (text: string | Buffer | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
