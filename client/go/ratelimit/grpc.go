package ratelimit

import (
	"context"
	"net"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Key returns what is limited of a call of a method, such as "/package.Service/Method". An empty key does not limit the
// call.
type Key func(ctx context.Context, method string) string

// UnaryInterceptor limits the unary calls of a gRPC server. A call that does not pass fails with RESOURCE_EXHAUSTED, with
// UNAVAILABLE if Ephemeral is unavailable and the policy is Closed, with INVALID_ARGUMENT if its key is invalid, or with
// INTERNAL if the check failed because of a mistake; with RetryInfo where the delay is known.
func (l *Limiter) UnaryInterceptor(key Key) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		setHeader := func(header metadata.MD) error { return grpc.SetHeader(ctx, header) }
		if err := l.intercept(ctx, key(ctx, info.FullMethod), setHeader); err != nil {
			return nil, err
		}
		return handle(ctx, request)
	}
}

// StreamInterceptor limits how often streams are opened, as UnaryInterceptor limits calls.
func (l *Limiter) StreamInterceptor(key Key) grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		if err := l.intercept(stream.Context(), key(stream.Context(), info.FullMethod), stream.SetHeader); err != nil {
			return err
		}
		return handle(server, stream)
	}
}

// PeerIP is a Key: the address of the peer.
func PeerIP(ctx context.Context, _ string) string {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	host, _, err := net.SplitHostPort(caller.Addr.String())
	if err != nil {
		return caller.Addr.String()
	}
	return host
}

func (l *Limiter) intercept(ctx context.Context, key string, setHeader func(metadata.MD) error) error {
	if key == "" {
		return nil
	}
	decision := l.Check(ctx, key)
	header := metadata.MD{}
	for name, values := range decision.Header() {
		header.Set(strings.ToLower(name), values...)
	}
	if err := setHeader(header); err != nil {
		return err
	}
	switch decision.Outcome {
	case Denied:
		return failure(decision, codes.ResourceExhausted, "too many calls of "+l.action)
	case Unavailable:
		return failure(decision, codes.Unavailable, "the limit of "+l.action+" cannot be checked")
	case InvalidKey:
		return failure(decision, codes.InvalidArgument, "invalid key")
	case Failed:
		return failure(decision, codes.Internal, "internal error")
	default:
		return nil
	}
}

func failure(decision Decision, code codes.Code, message string) error {
	s := status.New(code, message)
	if wait, ok := decision.RetryAfter(); ok {
		if detailed, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
			s = detailed
		}
	}
	return s.Err()
}
