import { readFileSync } from 'node:fs';
import type { Metadata } from '@grpc/grpc-js';
import type { EphemeralClientOptions } from './options.js';
import { isLoopback } from './target.js';

const MAX_AGE_MS = 60_000;

/** Adds the token to the metadata of a call, if the client has one. */
export type Authorize = (metadata: Metadata) => void;

/** Throws if the token would be sent in clear text to another machine. */
export function authorizer(target: string, options: EphemeralClientOptions): Authorize {
  const token = options.token ?? (options.tokenFile === undefined ? undefined : tokenFromFile(options.tokenFile));
  if (token === undefined) {
    return () => {};
  }
  if (options.plaintext && !options.allowClearTextToken && !isLoopback(target)) {
    throw new Error('a token needs TLS: the target is not on this machine and allowClearTextToken is not set');
  }
  return (metadata) => {
    const present = token();
    if (present !== '') {
      metadata.set('authorization', `Bearer ${present}`);
    }
  };
}

/** @param now milliseconds; tests replace it */
export function tokenFromFile(file: string, now: () => number = Date.now): () => string {
  const read = () => readFileSync(file, 'utf8').trim();
  let token = read();
  let readAt = now();
  return () => {
    if (now() - readAt >= MAX_AGE_MS) {
      readAt = now();
      try {
        token = read();
      } catch {
        // It is being replaced: the present token may still be valid.
      }
    }
    return token;
  };
}
