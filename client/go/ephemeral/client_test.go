package ephemeral_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/fakeserver"
)

// rates answers each check with the next error, and then allows all.
type rates struct {
	ephemeralv1.UnimplementedRateLimitServiceServer

	mutex    sync.Mutex
	failures []error
	requests []*ephemeralv1.CheckRateRequest
	tokens   []string
	hang     bool
}

func (r *rates) CheckRate(ctx context.Context, request *ephemeralv1.CheckRateRequest) (
	*ephemeralv1.CheckRateResponse, error) {
	r.mutex.Lock()
	r.requests = append(r.requests, request)
	headers, _ := metadata.FromIncomingContext(ctx)
	r.tokens = append(r.tokens, strings.Join(headers.Get("authorization"), ","))
	var failure error
	if len(r.failures) > 0 {
		failure, r.failures = r.failures[0], r.failures[1:]
	}
	r.mutex.Unlock()
	if r.hang {
		<-ctx.Done()
		failure = status.FromContextError(ctx.Err()).Err()
	}
	if failure != nil {
		return nil, failure
	}
	return &ephemeralv1.CheckRateResponse{Allowed: true, Limit: 5, Remaining: 4}, nil
}

func (r *rates) attempts() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.requests)
}

func connect(t *testing.T, service *rates, options ...ephemeral.Option) *ephemeral.Client {
	t.Helper()
	target := fakeserver.Start(t, func(server *grpc.Server) {
		ephemeralv1.RegisterRateLimitServiceServer(server, service)
	})
	return newClient(t, target, options...)
}

func newClient(t *testing.T, target string, options ...ephemeral.Option) *ephemeral.Client {
	t.Helper()
	client, err := ephemeral.New(target, append([]ephemeral.Option{ephemeral.WithPlaintext()}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func unavailable(n int) []error {
	var failures []error
	for range n {
		failures = append(failures, fakeserver.RedisUnavailable(time.Millisecond))
	}
	return failures
}

func TestCheckWithRequestIDIsRetried(t *testing.T) {
	service := &rates{failures: unavailable(2)}
	client := connect(t, service)
	response, err := client.CheckRate(within(t, 30*time.Second), "alice", "login_attempts")
	if err != nil || !response.GetAllowed() {
		t.Fatalf("%v, %v", response, err)
	}
	first := service.requests[0].GetRequestId()
	if service.attempts() != 3 || first == "" || service.requests[2].GetRequestId() != first {
		t.Errorf("requests: %v (expected: 3 with the same request id)", service.requests)
	}
}

func TestCheckWithoutRequestIDIsNotRetried(t *testing.T) {
	service := &rates{failures: unavailable(1)}
	_, err := connect(t, service).RateLimits().CheckRate(within(t, 30*time.Second),
		&ephemeralv1.CheckRateRequest{UserId: "alice", Action: "login_attempts"})
	if status.Code(err) != codes.Unavailable || service.attempts() != 1 {
		t.Errorf("%v after %d attempts (expected: UNAVAILABLE after 1)", err, service.attempts())
	}
}

func TestAtMostThreeAttempts(t *testing.T) {
	service := &rates{failures: unavailable(9)}
	_, err := connect(t, service).CheckRate(within(t, 30*time.Second), "alice", "login_attempts")
	if status.Code(err) != codes.Unavailable || service.attempts() != 3 {
		t.Errorf("%v after %d attempts (expected: UNAVAILABLE after 3)", err, service.attempts())
	}
}

func TestNoRetryThatStartsPastTheDeadline(t *testing.T) {
	service := &rates{failures: []error{fakeserver.RedisUnavailable(9 * time.Second)}}
	_, err := connect(t, service).CheckRate(within(t, 8*time.Second), "alice", "login_attempts")
	if status.Code(err) != codes.Unavailable || service.attempts() != 1 {
		t.Errorf("%v after %d attempts (expected: UNAVAILABLE after 1)", err, service.attempts())
	}
}

func TestNoRetryAfterALongDelay(t *testing.T) {
	service := &rates{failures: []error{fakeserver.RedisUnavailable(11 * time.Second)}}
	_, err := connect(t, service).CheckRate(within(t, time.Minute), "alice", "login_attempts")
	if status.Code(err) != codes.Unavailable || service.attempts() != 1 {
		t.Errorf("%v after %d attempts (expected: UNAVAILABLE after 1)", err, service.attempts())
	}
}

func TestRetriesStopWhileServersAreDown(t *testing.T) {
	service := &rates{failures: unavailable(1_000)}
	client := connect(t, service)
	for range 40 {
		_, _ = client.CheckRate(within(t, time.Minute), "alice", "login_attempts")
	}
	if attempts := service.attempts(); attempts != 50+40-17 { // 16 calls of 3 attempts, one of 2, then no retry.
		t.Errorf("attempts: %d (expected: %d)", attempts, 50+40-17)
	}
}

func TestErrorHasReasonDelayAndStatus(t *testing.T) {
	service := &rates{failures: unavailable(1)}
	_, err := connect(t, service).RateLimits().CheckRate(within(t, 30*time.Second), &ephemeralv1.CheckRateRequest{})
	var failure *ephemeral.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%T (expected: *ephemeral.Error)", err)
	}
	delay, ok := failure.RetryDelay()
	if failure.Code != codes.Unavailable || !ok || delay != time.Millisecond ||
		failure.Reason != ephemeralv1.ErrorReason_ERROR_REASON_REDIS_UNAVAILABLE {
		t.Errorf("%+v, %v", failure, delay)
	}
}

func TestCallWithoutDeadlineEnds(t *testing.T) {
	client := connect(t, &rates{hang: true}, ephemeral.WithDeadline(300*time.Millisecond))
	_, err := client.CheckRate(context.Background(), "alice", "login_attempts")
	if status.Code(err) != codes.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v (expected: DEADLINE_EXCEEDED)", err)
	}
}

func TestTokenIsSentToThisMachineOnly(t *testing.T) {
	token := ephemeral.WithToken(func(context.Context) (string, error) { return "secret", nil })
	service := &rates{}
	client := connect(t, service, token)
	if _, err := client.CheckRate(within(t, 30*time.Second), "alice", "login_attempts"); err != nil {
		t.Fatal(err)
	}
	if service.tokens[0] != "Bearer secret" {
		t.Errorf("authorization: %q", service.tokens[0])
	}
	if _, err := ephemeral.New("192.0.2.1:9090", ephemeral.WithPlaintext(), token); err == nil ||
		!strings.Contains(err.Error(), "WithClearTextToken") {
		t.Errorf("%v (expected: an error that names the option)", err)
	}
}

func TestCallsReachAllServersOfAList(t *testing.T) {
	one, other := &rates{}, &rates{}
	target := func(service *rates) string {
		return fakeserver.Start(t, func(server *grpc.Server) {
			ephemeralv1.RegisterRateLimitServiceServer(server, service)
		})
	}
	client := newClient(t, target(one)+", "+target(other))
	ctx := within(t, 30*time.Second)
	for one.attempts() == 0 || other.attempts() == 0 {
		if _, err := client.CheckRate(ctx, "alice", "login_attempts"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrongSettingNamesItsRule(t *testing.T) {
	for name, option := range map[string]ephemeral.Option{
		"deadline":       ephemeral.WithDeadline(0),
		"keep-alive":     ephemeral.WithKeepAlive(time.Second),
		"max cache wait": ephemeral.WithMaxCacheWait(2 * time.Minute),
		"max loads":      ephemeral.WithMaxLoads(0),
		"load deadline":  ephemeral.WithLoadDeadline(0),
	} {
		if _, err := ephemeral.New("localhost:9090", option); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongTargetNamesItsRule(t *testing.T) {
	for _, target := range []string{
		"", "localhost", "localhost:", ":9090", "a:1,,b:2", "localhost:0", "localhost:99999", "a:1,b:65536", "localhost:-1",
		"localhost:grpc", "http://localhost:9090", "https://localhost:9090", "localhost:9090/path", "user@localhost:9090",
		"::1:9090", "[localhost]:9090", "dns:///localhost:99999", "dns:///a:1,b:2",
	} {
		if _, err := ephemeral.New(target); err == nil || !strings.Contains(err.Error(), "target: ") ||
			!strings.Contains(err.Error(), "1 to 65,535") {
			t.Errorf("target %q: %v", target, err)
		}
		if target == "" {
			continue
		}
		t.Setenv("EPHEMERAL_CLIENT_TARGET", target)
		if _, err := ephemeral.FromEnvironment(); err == nil ||
			!strings.Contains(err.Error(), "EPHEMERAL_CLIENT_TARGET: ") || !strings.Contains(err.Error(), "1 to 65,535") {
			t.Errorf("variable %q: %v", target, err)
		}
	}
	for _, target := range []string{
		"localhost:65535", "[::1]:9090", "a:1, [::1]:2", "dns:///localhost:9090", "dns:///localhost", "unix:///run/proxy",
	} {
		newClient(t, target)
	}
}

func TestInvalidTokenFileIsRejectedWithoutItsContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	t.Setenv("EPHEMERAL_CLIENT_TARGET", "localhost:9090")
	t.Setenv("EPHEMERAL_CLIENT_TOKEN_FILE", path)
	for _, content := range []string{
		"", " \n", "secret\nsecret", "secret secret", "secr\u00e9t", "secret\x7f", "secret\u00a0",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, ofOption := ephemeral.New("localhost:9090", ephemeral.WithTokenFile(path))
		_, ofVariable := ephemeral.FromEnvironment()
		for name, err := range map[string]error{"token file": ofOption, "EPHEMERAL_CLIENT_TOKEN_FILE": ofVariable} {
			if err == nil || strings.Contains(err.Error(), "secr") || !strings.Contains(err.Error(), name) ||
				!strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "one line of printable ASCII") {
				t.Errorf("%q: %v (expected: an error with %s, the file and the rule)", content, err, name)
			}
		}
	}
}

func TestTokenFileMayHaveSurroundingWhiteSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(" secret \r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	service := &rates{}
	client := connect(t, service, ephemeral.WithTokenFile(path))
	if _, err := client.CheckRate(within(t, 30*time.Second), "alice", "login_attempts"); err != nil {
		t.Fatal(err)
	}
	if service.tokens[0] != "Bearer secret" {
		t.Errorf("authorization: %q", service.tokens[0])
	}
}

func TestEnvironmentNamesTheWrongVariable(t *testing.T) {
	for name, value := range map[string]string{
		"EPHEMERAL_CLIENT_TARGET":      "localhost",
		"EPHEMERAL_CLIENT_PLAINTEXT":   "yes",
		"EPHEMERAL_CLIENT_CA":          "/nowhere/ca.crt",
		"EPHEMERAL_CLIENT_CERTIFICATE": "/nowhere/client.crt",
		"EPHEMERAL_CLIENT_TOKEN_FILE":  "/nowhere/token",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EPHEMERAL_CLIENT_TARGET", "localhost:9090")
			t.Setenv(name, value)
			if _, err := ephemeral.FromEnvironment(); err == nil || !strings.Contains(err.Error(), "EPHEMERAL_CLIENT_") {
				t.Errorf("%v (expected: an error that names the variable)", err)
			}
		})
	}
}

func TestEnvironmentConnects(t *testing.T) {
	target := fakeserver.Start(t, func(server *grpc.Server) {
		ephemeralv1.RegisterRateLimitServiceServer(server, &rates{})
	})
	t.Setenv("EPHEMERAL_CLIENT_TARGET", target)
	t.Setenv("EPHEMERAL_CLIENT_PLAINTEXT", "true")
	client, err := ephemeral.FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.CheckRate(within(t, 30*time.Second), "alice", "login_attempts"); err != nil {
		t.Error(err)
	}
}
