package ratelimit

import (
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

// Outcome of a check.
type Outcome int

const (
	// Allowed: the hit was consumed.
	Allowed Outcome = iota
	// Denied: the limit is exhausted.
	Denied
	// Unchecked: Ephemeral is unavailable, and the policy is Open.
	Unchecked
	// Unavailable: Ephemeral is unavailable, and the policy is Closed.
	Unavailable
	// InvalidKey: the key is empty, not UTF-8, or too long.
	InvalidKey
	// Failed: the check failed because of a mistake, such as an unknown action, a rejected token or a missing right.
	Failed
)

// Decision about one request.
type Decision struct {
	Outcome Outcome
	// Response is nil if the check failed.
	Response *ephemeralv1.CheckRateResponse
	// Err is why the check failed.
	Err error
}

// Passes returns whether the request may go on.
func (d Decision) Passes() bool {
	return d.Outcome == Allowed || d.Outcome == Unchecked
}

// Status returns the status of the response of HTTP: 200 if the request passes.
func (d Decision) Status() int {
	switch d.Outcome {
	case Denied:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	case InvalidKey:
		return http.StatusBadRequest
	case Failed:
		return http.StatusInternalServerError
	default:
		return http.StatusOK
	}
}

// Header returns RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset and Retry-After, as far as they are known. Times
// are whole seconds, rounded up.
func (d Decision) Header() http.Header {
	header := http.Header{}
	if limit := d.Response.GetLimit(); limit > 0 {
		header.Set("RateLimit-Limit", strconv.Itoa(int(limit)))
		header.Set("RateLimit-Remaining", strconv.Itoa(int(d.Response.GetRemaining())))
		header.Set("RateLimit-Reset", seconds(d.Response.GetResetAfter().AsDuration()))
	}
	if wait, ok := d.RetryAfter(); ok {
		header.Set("Retry-After", seconds(wait))
	}
	return header
}

// RetryAfter returns how long to wait before the next request, if that is known.
func (d Decision) RetryAfter() (time.Duration, bool) {
	var after *durationpb.Duration
	switch d.Outcome {
	case Denied:
		after = d.Response.GetRetryAfter()
	case Unavailable:
		if failure := ephemeral.ErrorOf(d.Err); failure != nil {
			return failure.RetryDelay()
		}
	}
	return after.AsDuration(), after != nil
}

func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
