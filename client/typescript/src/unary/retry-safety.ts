/**
 * Which requests may be sent again after a failure although the first attempt may have taken effect. A retry is safe if
 * it consumes nothing twice, if its response does not turn a success into a denial, and if it cannot undo what another
 * caller did between the two attempts. The guide of the Java client has the same table, with the reason of each.
 */
type IsSafe = (request: RequestFields) => boolean;

interface RequestFields {
  requestId?: string;
  hits?: number | undefined;
  token?: string;
  lease?: string;
  connectionId?: string;
}

const always: IsSafe = () => true;
const never: IsSafe = () => false;
const withRequestId: IsSafe = ({ requestId }) => Boolean(requestId);
const withLease: IsSafe = ({ lease }) => Boolean(lease);

export const RETRY_SAFETY: Readonly<Record<string, IsSafe>> = {
  CheckRate: ({ requestId, hits }) => Boolean(requestId) || hits === 0,
  BatchCheckRate: never,
  RefundRate: never,
  ResetRate: always,

  IssueOtp: withRequestId,
  VerifyOtp: withRequestId,
  RevokeOtp: never,

  GetSessionFlag: always,
  SetSessionFlag: never,
  ConsumeSessionFlag: never,
  ClearSessionFlag: never,

  IssueLoginToken: never,
  VerifyLoginToken: always,
  ConsumeLoginToken: withRequestId,
  RevokeLoginToken: ({ token }) => Boolean(token),

  GetFlag: always,
  BatchGetFlags: always,
  SetFlag: never,
  ClearFlag: never,

  GetCachedUser: always,
  GetCachedProduct: always,
  BatchGetCachedUsers: always,
  BatchGetCachedProducts: always,
  PutCachedUser: withLease,
  PutCachedProduct: withLease,
  EvictCachedUser: always,
  EvictCachedProduct: always,

  Heartbeat: always,
  GetPresence: always,
  BatchGetPresence: always,
  SetOffline: ({ connectionId }) => Boolean(connectionId),

  SetTyping: never,
  ListTyping: always,
  Publish: never,
  GetBudget: always,
};

/** False for a method without a rule. */
export function isSafeToRetry(methodName: string, request: object): boolean {
  return RETRY_SAFETY[methodName]?.(request) ?? false;
}
