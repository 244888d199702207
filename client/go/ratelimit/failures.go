package ratelimit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

const reportInterval = time.Minute

// isTrouble returns whether a check failed because of the state of the service. Any other failure is a mistake of this
// application or of its configuration, which no policy may hide.
func isTrouble(ctx context.Context, failure *ephemeral.Error) bool {
	switch failure.Code {
	case codes.Unavailable, codes.DeadlineExceeded:
		return true
	case codes.ResourceExhausted:
		return failure.Reason == ephemeralv1.ErrorReason_ERROR_REASON_OVERLOADED ||
			failure.Reason == ephemeralv1.ErrorReason_ERROR_REASON_BUDGET_FULL
	case codes.Canceled:
		return ctx.Err() != nil // The deadline, or the end of the request.
	default:
		return false
	}
}

type kind struct {
	code   codes.Code
	reason ephemeralv1.ErrorReason
}

// reports says when each kind of failure is due to be reported again. Safe for concurrent use.
type reports struct {
	mutex sync.Mutex
	last  map[kind]time.Time
}

func (r *reports) isDue(failure *ephemeral.Error) bool {
	of := kind{failure.Code, failure.Reason}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if last, ok := r.last[of]; ok && time.Since(last) < reportInterval {
		return false
	}
	if r.last == nil {
		r.last = map[kind]time.Time{}
	}
	r.last[of] = time.Now()
	return true
}

func logFailure(action string) func(error) {
	return func(err error) {
		failure := ephemeral.ErrorOf(err)
		slog.Error("the rate limit cannot be checked", "action", action, "code", failure.Code, "reason", failure.Reason)
	}
}
