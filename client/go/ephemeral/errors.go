package ephemeral

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/details"
)

// ReasonUnrecognized is the reason of an error of a server that is newer than this client.
const ReasonUnrecognized = details.Unrecognized

// Error is a failed call. Every error that a stub of a client returns is one, or wraps one:
//
//	var failure *ephemeral.Error
//	if errors.As(err, &failure) && failure.Reason == ephemeralv1.ErrorReason_ERROR_REASON_REDIS_UNAVAILABLE { ... }
//
// Package status of gRPC reads it as well.
type Error struct {
	Code codes.Code
	// Reason is ERROR_REASON_UNSPECIFIED if the error has none, because no server was reachable for example, and
	// ReasonUnrecognized if the server is newer than this client.
	Reason ephemeralv1.ErrorReason
	// Metadata explains the reason: the field and the rule of an invalid request for example. May be nil.
	Metadata map[string]string
	// Message is for logs.
	Message string

	retryDelay    time.Duration
	hasRetryDelay bool
	status        *status.Status
}

// RetryDelay returns how long to wait before the next attempt, if the server sent that.
func (e *Error) RetryDelay() (time.Duration, bool) {
	return e.retryDelay, e.hasRetryDelay
}

// Error returns the code, the reason and the message.
func (e *Error) Error() string {
	if e.Reason == ephemeralv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return fmt.Sprintf("ephemeral: %v: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("ephemeral: %v (%v): %s", e.Code, e.Reason, e.Message)
}

// GRPCStatus makes status.FromError, status.Code and the like work.
func (e *Error) GRPCStatus() *status.Status {
	return e.status
}

// Is makes errors.Is(err, context.DeadlineExceeded) and errors.Is(err, context.Canceled) work.
func (e *Error) Is(target error) bool {
	return (e.Code == codes.DeadlineExceeded && target == context.DeadlineExceeded) ||
		(e.Code == codes.Canceled && target == context.Canceled)
}

// ErrorOf returns the error of a call that was made through another connection. Nil if there is none.
func ErrorOf(err error) *Error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	s := status.FromContextError(err)
	if ofCall, ok := status.FromError(err); ok {
		s = ofCall
	}
	d := details.Of(s)
	return &Error{
		Code:          s.Code(),
		Reason:        d.Reason,
		Metadata:      d.Metadata,
		Message:       s.Message(),
		retryDelay:    d.RetryDelay,
		hasRetryDelay: d.HasRetryDelay,
		status:        s,
	}
}

// errorInterceptor turns the error of each call into an *Error.
func errorInterceptor(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if err := invoke(ctx, method, request, reply, conn, options...); err != nil {
		return ErrorOf(err)
	}
	return nil
}
