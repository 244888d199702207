package retry

import (
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

// IsSafe returns whether a request may be sent again after a failure although the first attempt may have taken effect: it
// consumes nothing twice, its response does not turn a success into a denial, and it cannot undo what another caller did
// between the two attempts. docs/guides/java-client.md explains each RPC. False for a request that is not listed.
func IsSafe(request any) bool {
	switch r := request.(type) {
	case *ephemeralv1.CheckRateRequest:
		return r.GetRequestId() != "" || (r.Hits != nil && r.GetHits() == 0)
	case *ephemeralv1.IssueOtpRequest:
		return r.GetRequestId() != ""
	case *ephemeralv1.VerifyOtpRequest:
		return r.GetRequestId() != ""
	case *ephemeralv1.ConsumeLoginTokenRequest:
		return r.GetRequestId() != ""
	case *ephemeralv1.RevokeLoginTokenRequest:
		return r.GetToken() != ""
	case *ephemeralv1.PutCachedUserRequest:
		return r.GetLease() != ""
	case *ephemeralv1.PutCachedProductRequest:
		return r.GetLease() != ""
	case *ephemeralv1.SetOfflineRequest:
		return r.GetConnectionId() != ""
	case *ephemeralv1.ResetRateRequest,
		*ephemeralv1.GetSessionFlagRequest,
		*ephemeralv1.VerifyLoginTokenRequest,
		*ephemeralv1.GetFlagRequest,
		*ephemeralv1.BatchGetFlagsRequest,
		*ephemeralv1.GetCachedUserRequest,
		*ephemeralv1.GetCachedProductRequest,
		*ephemeralv1.BatchGetCachedUsersRequest,
		*ephemeralv1.BatchGetCachedProductsRequest,
		*ephemeralv1.EvictCachedUserRequest,
		*ephemeralv1.EvictCachedProductRequest,
		*ephemeralv1.HeartbeatRequest,
		*ephemeralv1.GetPresenceRequest,
		*ephemeralv1.BatchGetPresenceRequest,
		*ephemeralv1.ListTypingRequest,
		*ephemeralv1.GetBudgetRequest:
		return true
	default:
		return false
	}
}
