// Package retry retries unary calls that failed with UNAVAILABLE, where their request allows it.
//
// The retry policy of gRPC decides by the method alone, but whether a check may be retried depends on its request. The
// transparent retries of gRPC (calls that no server has processed) stay as they are.
package retry

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/flowhub/ephemeral/client/go/internal/details"
	"github.com/flowhub/ephemeral/client/go/internal/jitter"
)

const (
	maxAttempts = 3
	firstWait   = 50 * time.Millisecond
	// With a longer retry delay a call is not retried: the caller reads the delay from the error.
	maxWait = 10 * time.Second
)

type never struct{ grpc.EmptyCallOption }

// Never is the option of a call that has a fallback: a retry would only delay it.
func Never() grpc.CallOption {
	return never{}
}

// NewInterceptor returns an interceptor with a throttle of its own. Each attempt has the deadline of the call.
func NewInterceptor() grpc.UnaryClientInterceptor {
	budget := &throttle{}
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		for _, option := range options {
			if _, ok := option.(never); ok {
				return invoke(ctx, method, request, reply, conn, options...)
			}
		}
		for attempt := 1; ; attempt++ {
			err := invoke(ctx, method, request, reply, conn, options...)
			code := status.Code(err)
			budget.record(code)
			if code != codes.Unavailable || attempt == maxAttempts || !IsSafe(request) || !budget.allowsRetry() {
				return err
			}
			wait, ok := waitAfter(attempt, err)
			if !ok || isPast(ctx, wait) || !sleep(ctx, wait) {
				return err
			}
		}
	}
}

// waitAfter returns the wait before the attempt after the nth.
func waitAfter(n int, err error) (time.Duration, bool) {
	delay, ok := details.RetryDelay(err)
	if !ok {
		delay = firstWait << (n - 1)
	}
	return jitter.UpToAFifthLonger(delay), delay <= maxWait
}

func isPast(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) <= wait
}

// sleep returns false if the context ends first.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
