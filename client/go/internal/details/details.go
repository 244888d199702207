// Package details reads what the server attaches to an error status. A detail that cannot be parsed counts as absent.
package details

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

const domain = "ephemeral.flowhub.io"

// Details of an error status.
type Details struct {
	// Reason is ERROR_REASON_UNSPECIFIED if the status has none, and -1 for one that this contract does not have.
	Reason        ephemeralv1.ErrorReason
	Metadata      map[string]string
	RetryDelay    time.Duration
	HasRetryDelay bool
}

// Unrecognized is the reason of a server that is newer than this client.
const Unrecognized ephemeralv1.ErrorReason = -1

// Of reads the details of a status.
func Of(s *status.Status) Details {
	var d Details
	for _, detail := range s.Details() {
		switch info := detail.(type) {
		case *errdetails.ErrorInfo:
			if info.GetDomain() == domain { // A proxy may attach one with another domain.
				d.Reason = Reason(info.GetReason())
				d.Metadata = info.GetMetadata()
			}
		case *errdetails.RetryInfo:
			if delay := info.GetRetryDelay(); delay.IsValid() && delay.AsDuration() >= 0 {
				d.RetryDelay, d.HasRetryDelay = delay.AsDuration(), true
			}
		}
	}
	return d
}

// RetryDelay returns the retry delay of an error, if it has one.
func RetryDelay(err error) (time.Duration, bool) {
	d := Of(status.Convert(err))
	return d.RetryDelay, d.HasRetryDelay
}

// Reason returns the reason with this name, or Unrecognized.
func Reason(name string) ephemeralv1.ErrorReason {
	if reason, ok := ephemeralv1.ErrorReason_value[name]; ok {
		return ephemeralv1.ErrorReason(reason)
	}
	return Unrecognized
}
