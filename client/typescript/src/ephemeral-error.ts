import { status as Status, type StatusObject } from '@grpc/grpc-js';
import { errorDetails } from './error-details.js';
import { ErrorReason } from './generated/flowhub/ephemeral/v1/error_reason.js';

const REASONS = new Set<string>(Object.values(ErrorReason));

/** A call or stream that failed. A denial is a normal response and never an error. */
export class EphemeralError extends Error {
  override readonly name = 'EphemeralError';

  /** The gRPC status code, as in `status.UNAVAILABLE` of grpc-js. */
  readonly code: Status;

  /** The name of the code, such as `UNAVAILABLE`. */
  readonly status: string;

  /**
   * Why, as the server sent it: absent if no server was reached or another party failed the call, `UNRECOGNIZED` if the
   * server is newer than this client.
   */
  readonly reason: ErrorReason | undefined;

  /** The name of the reason as the server sent it, such as `ERROR_REASON_INVALID_FIELD`. */
  readonly reasonName: string | undefined;

  /** How long to wait before a retry, if the server sent it. Retry only calls for which that is safe. */
  readonly retryDelayMs: number | undefined;

  /** What the reason documents, such as `field`, `rule` and `value`. */
  readonly metadata: Readonly<Record<string, string>>;

  constructor(failure: Pick<StatusObject, 'code' | 'details'> & Partial<StatusObject>, options?: ErrorOptions) {
    super(`${Status[failure.code]}: ${failure.details}`, options);
    const { reasonName, retryDelayMs, metadata } = errorDetails(failure.metadata);
    this.code = failure.code;
    this.status = Status[failure.code] ?? 'UNKNOWN';
    this.reason = reasonName === undefined ? undefined : errorReason(reasonName);
    this.reasonName = reasonName;
    this.retryDelayMs = retryDelayMs;
    this.metadata = metadata;
  }
}

/** `UNRECOGNIZED` for a name that this client's contract does not have. */
export function errorReason(name: string): ErrorReason {
  return REASONS.has(name) ? (name as ErrorReason) : ErrorReason.UNRECOGNIZED;
}

/** The error of a call that its caller aborted. */
export function cancelled(signal: AbortSignal): EphemeralError {
  return new EphemeralError({ code: Status.CANCELLED, details: 'aborted by the caller' }, { cause: signal.reason });
}
