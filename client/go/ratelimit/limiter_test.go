package ratelimit_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/fakeserver"
	"github.com/flowhub/ephemeral/client/go/ratelimit"
)

// checker allows five hits of each user, or fails.
type checker struct {
	hits    map[string]int
	failure error
	hang    bool
}

func (c *checker) CheckRate(ctx context.Context, user, _ string) (*ephemeralv1.CheckRateResponse, error) {
	if c.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if c.failure != nil {
		return nil, c.failure
	}
	if c.hits == nil {
		c.hits = map[string]int{}
	}
	if c.hits[user] == 5 {
		return &ephemeralv1.CheckRateResponse{
			Limit: 5, ResetAfter: durationpb.New(30 * time.Second), RetryAfter: durationpb.New(29_001 * time.Millisecond),
		}, nil
	}
	c.hits[user]++
	return &ephemeralv1.CheckRateResponse{Allowed: true, Limit: 5, Remaining: int32(5 - c.hits[user])}, nil
}

func request(limiter *ratelimit.Limiter, address string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/login", nil)
	r.RemoteAddr = address
	limiter.HTTP(ratelimit.RemoteIP, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(recorder, r)
	return recorder
}

func TestSixthAttemptIsDenied(t *testing.T) {
	client := &checker{}
	limiter := ratelimit.New(client, "login_attempts")
	for i := range 5 {
		if r := request(limiter, "[2001:db8::1]:80"); r.Code != 200 || r.Header().Get("RateLimit-Limit") != "5" {
			t.Fatalf("attempt %d: %d %v", i+1, r.Code, r.Header())
		}
	}
	r := request(limiter, "[2001:db8::1]:81")
	if r.Code != 429 || r.Header().Get("Retry-After") != "30" || r.Header().Get("RateLimit-Remaining") != "0" ||
		r.Header().Get("RateLimit-Reset") != "30" {
		t.Errorf("%d %v", r.Code, r.Header())
	}
	if client.hits["2001%3Adb8%3A%3A1"] != 5 {
		t.Errorf("the address is not escaped: %v", client.hits)
	}
}

func TestUnavailableFollowsThePolicy(t *testing.T) {
	failure := ephemeral.ErrorOf(fakeserver.RedisUnavailable(1_500 * time.Millisecond))
	var reported error
	open := ratelimit.New(&checker{failure: failure}, "login_attempts",
		ratelimit.OnError(func(err error) { reported = err }))
	if r := request(open, "192.0.2.1:80"); r.Code != 200 || !errors.Is(reported, error(failure)) {
		t.Errorf("open: %d, reported: %v", r.Code, reported)
	}
	closed := ratelimit.New(&checker{failure: failure}, "login_attempts", ratelimit.OnUnavailable(ratelimit.Closed))
	if r := request(closed, "192.0.2.1:80"); r.Code != 503 || r.Header().Get("Retry-After") != "2" {
		t.Errorf("closed: %d %v", r.Code, r.Header())
	}
}

func TestMistakeFailsTheRequestWhateverThePolicy(t *testing.T) {
	for _, code := range []codes.Code{
		codes.Unauthenticated, codes.PermissionDenied, codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition,
	} {
		for _, policy := range []ratelimit.Policy{ratelimit.Open, ratelimit.Closed} {
			reports := 0
			client := &checker{failure: ephemeral.ErrorOf(status.Error(code, "secret"))}
			limiter := ratelimit.New(client, "login_attempt", ratelimit.OnUnavailable(policy),
				ratelimit.OnError(func(error) { reports++ }))
			for range 3 {
				r := request(limiter, "192.0.2.1:80")
				if r.Code != 500 || strings.Contains(r.Body.String(), "secret") || r.Header().Get("Retry-After") != "" {
					t.Errorf("%v, policy %d: %d %v %s", code, policy, r.Code, r.Header(), r.Body)
				}
			}
			if reports != 1 {
				t.Errorf("%v, policy %d: %d reports (expected: 1)", code, policy, reports)
			}
		}
	}
}

func TestTroubleOfTheServicePasses(t *testing.T) {
	for _, failure := range []error{
		status.Error(codes.Unavailable, ""),
		status.Error(codes.DeadlineExceeded, ""),
		fakeserver.Failure(codes.ResourceExhausted, ephemeralv1.ErrorReason_ERROR_REASON_OVERLOADED),
		fakeserver.Failure(codes.ResourceExhausted, ephemeralv1.ErrorReason_ERROR_REASON_BUDGET_FULL),
	} {
		limiter := ratelimit.New(&checker{failure: ephemeral.ErrorOf(failure)}, "login_attempts")
		if r := request(limiter, "192.0.2.1:80"); r.Code != 200 {
			t.Errorf("%v: %d", failure, r.Code)
		}
	}
}

func TestMistakeIsLoggedWithoutOnError(t *testing.T) {
	var log strings.Builder
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(previous)
	limiter := ratelimit.New(&checker{failure: fakeserver.Failure(
		codes.NotFound, ephemeralv1.ErrorReason_ERROR_REASON_UNKNOWN_ACTION)}, "login_attempt")
	request(limiter, "192.0.2.1:80")
	request(limiter, "192.0.2.1:80")
	for _, text := range []string{"action=login_attempt", "code=NotFound", "reason=ERROR_REASON_UNKNOWN_ACTION"} {
		if strings.Count(log.String(), text) != 1 {
			t.Errorf("%q (expected: %s once)", log.String(), text)
		}
	}
}

func TestInterceptorFailsAfterAMistake(t *testing.T) {
	limiter := ratelimit.New(&checker{failure: status.Error(codes.Unauthenticated, "secret")}, "calls")
	_, err := limiter.UnaryInterceptor(func(context.Context, string) string { return "alice" })(
		grpc.NewContextWithServerTransportStream(context.Background(), headers{}), nil, &grpc.UnaryServerInfo{},
		func(context.Context, any) (any, error) { return nil, nil })
	s := status.Convert(err)
	if s.Code() != codes.Internal || strings.Contains(s.Message(), "secret") || len(s.Details()) != 0 {
		t.Errorf("%v (expected: INTERNAL without details)", err)
	}
}

// headers is the call that an interceptor intercepts.
type headers struct{ grpc.ServerTransportStream }

func (headers) SetHeader(metadata.MD) error { return nil }

func TestSilentServerFollowsThePolicy(t *testing.T) {
	limiter := ratelimit.New(&checker{hang: true}, "login_attempts",
		ratelimit.OnUnavailable(ratelimit.Closed), ratelimit.Deadline(10*time.Millisecond))
	if r := request(limiter, "192.0.2.1:80"); r.Code != 503 || r.Header().Get("Retry-After") != "" {
		t.Errorf("%d %v", r.Code, r.Header())
	}
}

func TestInvalidKeyDoesNotPass(t *testing.T) {
	limiter := ratelimit.New(&checker{}, "login_attempts")
	for _, key := range []string{"", strings.Repeat("x", 129), "\xff"} {
		if d := limiter.Check(context.Background(), key); d.Passes() || d.Status() != 400 {
			t.Errorf("%q: %d", key, d.Status())
		}
	}
}

func TestInterceptorDeniesTheSixthCall(t *testing.T) {
	limiter := ratelimit.New(&checker{}, "calls")
	key := func(context.Context, string) string { return "alice" }
	served := fakeserver.StartWith(t, []grpc.ServerOption{
		grpc.UnaryInterceptor(limiter.UnaryInterceptor(key)),
		grpc.StreamInterceptor(limiter.StreamInterceptor(key)),
	}, func(server *grpc.Server) {
		ephemeralv1.RegisterPresenceServiceServer(server, &ephemeralv1.UnimplementedPresenceServiceServer{})
	})
	client, err := ephemeral.New(served, ephemeral.WithPlaintext())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for range 5 {
		_, err := client.Presence().GetPresence(ctx, &ephemeralv1.GetPresenceRequest{UserId: "bob"})
		if status.Code(err) != codes.Unimplemented { // The service, once the call passed.
			t.Fatal(err)
		}
	}
	_, err = client.Presence().GetPresence(ctx, &ephemeralv1.GetPresenceRequest{UserId: "bob"})
	delay, ok := ephemeral.ErrorOf(err).RetryDelay()
	if status.Code(err) != codes.ResourceExhausted || !ok || delay != 29_001*time.Millisecond {
		t.Errorf("%v, %v", err, delay)
	}
	stream, err := client.Presence().WatchPresence(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("stream: %v", err)
	}
}
