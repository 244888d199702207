// Package fakeserver runs services of a test on a free port of this machine.
package fakeserver

import (
	"net"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

// Start starts a server that ends with the test, and returns its address.
func Start(t *testing.T, register func(server *grpc.Server)) string {
	t.Helper()
	return StartWith(t, nil, register)
}

// StartWith starts a server with options.
func StartWith(t *testing.T, options []grpc.ServerOption, register func(server *grpc.Server)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(options...)
	register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// RedisUnavailable is the error of a server without its Redis.
func RedisUnavailable(retryDelay time.Duration) error {
	return failure(codes.Unavailable, ephemeralv1.ErrorReason_ERROR_REASON_REDIS_UNAVAILABLE,
		&errdetails.RetryInfo{RetryDelay: durationpb.New(retryDelay)})
}

// Failure is an error with a reason.
func Failure(code codes.Code, reason ephemeralv1.ErrorReason) error {
	return failure(code, reason)
}

func failure(code codes.Code, reason ephemeralv1.ErrorReason, details ...protoadapt.MessageV1) error {
	info := &errdetails.ErrorInfo{Domain: "ephemeral.flowhub.io", Reason: reason.String()}
	s, err := status.New(code, "as the test requests").WithDetails(append(details, info)...)
	if err != nil {
		panic(err)
	}
	return s.Err()
}
