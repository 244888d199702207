import type { Duration } from './generated/google/protobuf/duration.js';

/** The milliseconds of a protobuf duration; 0 if it is not set. */
export function durationMs(duration: Duration | undefined): number {
  return duration === undefined ? 0 : duration.seconds * 1_000 + duration.nanos / 1_000_000;
}
