import { type Metadata, status as Status } from '@grpc/grpc-js';
import { EphemeralError } from './ephemeral-error.js';
import type { EphemeralClientOptions } from './options.js';
import { readFile } from './readable-file.js';
import { isLoopback } from './target.js';

const MAX_AGE_MS = 60_000;

/** Other characters cannot be sent, and the error of gRPC would show the token. */
const TOKEN = /^[\x21-\x7e]+$/;
const RULE = '(expected: one line of printable ASCII without white space)';

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
    if (present === '') {
      return;
    }
    if (!TOKEN.test(present)) {
      throw new EphemeralError({ code: Status.UNAUTHENTICATED, details: `token is not valid ${RULE}` });
    }
    metadata.set('authorization', `Bearer ${present}`);
  };
}

/**
 * The token of a file that may be replaced: while it has none, the last good token stays in use.
 *
 * @param now milliseconds; tests replace it
 * @param warn is called once until the file has a token again
 */
export function tokenFromFile(
  file: string,
  now: () => number = Date.now,
  warn: (message: string) => void = process.emitWarning,
): () => string {
  let token = readToken('tokenFile', file);
  let readAt = now();
  let isWarned = false;
  return () => {
    if (now() - readAt >= MAX_AGE_MS) {
      readAt = now();
      try {
        token = readToken('tokenFile', file);
        isWarned = false;
      } catch (failure) {
        if (!isWarned) {
          isWarned = true;
          warn(`${(failure as Error).message}; the last good token stays in use`);
        }
      }
    }
    return token;
  };
}

/** Throws an error that names the setting and the file, and does not show the content. */
export function readToken(name: string, file: string): string {
  const token = readFile(name, file).toString('utf8').trim();
  if (!TOKEN.test(token)) {
    throw new Error(`${name}: no token in ${JSON.stringify(file)} ${RULE}`);
  }
  return token;
}
