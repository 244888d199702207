import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Metadata } from '@grpc/grpc-js';
import { durationMs } from './duration.js';
import { Duration } from './generated/google/protobuf/duration.js';

const DOMAIN = 'ephemeral.flowhub.io';
const TRAILER = 'grpc-status-details-bin';
const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** What Ephemeral adds to an error status. All absent if a proxy or gRPC itself made the status. */
export interface ErrorDetails {
  reasonName?: string;
  retryDelayMs?: number;
  metadata: Record<string, string>;
}

/** Reads the trailers of a failed call. Details that cannot be parsed are treated as absent. */
export function errorDetails(trailers: Metadata | undefined): ErrorDetails {
  const details: ErrorDetails = { metadata: {} };
  const status = trailers?.get(TRAILER)[0];
  if (!(status instanceof Buffer)) {
    return details;
  }
  try {
    for (const any of fields(status, 3)) {
      readAny(any, details);
    }
    return details;
  } catch {
    return { metadata: {} };
  }
}

function readAny(any: Uint8Array, details: ErrorDetails): void {
  const type = text(any, 1);
  const value = fields(any, 2)[0] ?? new Uint8Array();
  if (type === ERROR_INFO && text(value, 2) === DOMAIN) {
    details.reasonName ??= text(value, 1);
    for (const entry of fields(value, 3)) {
      details.metadata[text(entry, 1)] = text(entry, 2);
    }
  } else if (type === RETRY_INFO) {
    const delay = fields(value, 1)[0];
    const delayMs = delay === undefined ? -1 : durationMs(Duration.decode(delay));
    if (delayMs >= 0) {
      details.retryDelayMs ??= delayMs;
    }
  }
}

/** The values of one field whose wire type is length-delimited. */
function fields(message: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === field && wireType === LENGTH_DELIMITED) {
      found.push(reader.bytes());
    } else {
      reader.skip(wireType);
    }
  }
  return found;
}

const LENGTH_DELIMITED = 2;

function text(message: Uint8Array, field: number): string {
  return Buffer.from(fields(message, field)[0] ?? []).toString();
}
