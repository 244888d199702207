// Package ephemeral is the client of Ephemeral: a tuned gRPC connection, the stubs generated from the contract, streams
// that reconnect by themselves, and a read-through cache.
//
//	client, err := ephemeral.New("localhost:9090", ephemeral.WithPlaintext())
//	if err != nil { ... }
//	defer client.Close()
//	response, err := client.CheckRate(ctx, "alice", "login_attempts")
//	if err != nil { ... }
//	if !response.GetAllowed() { ... }
//
// A call whose context has no deadline takes at most one second, retries included. A call that fails with UNAVAILABLE is
// retried within its deadline, with 3 attempts at most, if a second execution is safe: reads and idempotent calls always,
// and calls with a request id. A failed call returns an *Error.
package ephemeral

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"

	"google.golang.org/grpc"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

// ErrClosed is the error of a handle that is made after the client was closed.
var ErrClosed = errors.New("ephemeral: the client is closed")

// Client is a connection to Ephemeral and the generated stubs on it. An application makes one, shares it and closes it at
// the end: it holds one connection to each server, opened in the background and kept alive. Safe for concurrent use.
type Client struct {
	conn   *grpc.ClientConn
	ctx    context.Context // Ends with the client, and ends the streams and loads.
	cancel context.CancelFunc
	logger *slog.Logger

	users    *ReadThrough
	products *ReadThrough

	mutex    sync.Mutex
	isClosed bool
	open     sync.WaitGroup // The streams.
}

// New makes a client. It connects in the background: if no server is reachable, calls fail with UNAVAILABLE.
//
// The target is host:port, several of these separated by commas, or a target of gRPC with the scheme of a registered
// resolver, such as dns:///host:port. Calls are distributed over all addresses of all names, round-robin. The connection
// uses TLS unless WithPlaintext is given.
func New(target string, options ...Option) (*Client, error) {
	s := defaults()
	for _, option := range options {
		if err := option(s); err != nil {
			return nil, err
		}
	}
	if s.tokenFile != nil {
		s.tokenFile.logger = s.logger // Of whichever option came last.
	}
	conn, err := s.dial(target)
	if err != nil {
		return nil, err
	}
	conn.Connect() // While the application starts, not at its first call.
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{conn: conn, ctx: ctx, cancel: cancel, logger: s.logger}
	c.users = s.readThrough(ctx, userBackend(c.Cache()))
	c.products = s.readThrough(ctx, productBackend(c.Cache()))
	return c, nil
}

// Conn is the connection, for any other kind of stub. Its calls have the deadline, the retries and the errors of the
// client.
func (c *Client) Conn() grpc.ClientConnInterface {
	return c.conn
}

// RateLimits returns the stub of RateLimitService.
func (c *Client) RateLimits() ephemeralv1.RateLimitServiceClient {
	return ephemeralv1.NewRateLimitServiceClient(c.conn)
}

// OTP returns the stub of OtpService.
func (c *Client) OTP() ephemeralv1.OtpServiceClient {
	return ephemeralv1.NewOtpServiceClient(c.conn)
}

// Sessions returns the stub of SessionService.
func (c *Client) Sessions() ephemeralv1.SessionServiceClient {
	return ephemeralv1.NewSessionServiceClient(c.conn)
}

// Tokens returns the stub of TokenService.
func (c *Client) Tokens() ephemeralv1.TokenServiceClient {
	return ephemeralv1.NewTokenServiceClient(c.conn)
}

// FeatureFlags returns the stub of FeatureFlagService.
func (c *Client) FeatureFlags() ephemeralv1.FeatureFlagServiceClient {
	return ephemeralv1.NewFeatureFlagServiceClient(c.conn)
}

// Cache returns the stub of CacheService. Users and Products read through it.
func (c *Client) Cache() ephemeralv1.CacheServiceClient {
	return ephemeralv1.NewCacheServiceClient(c.conn)
}

// Presence returns the stub of PresenceService. Heartbeats and WatchPresence keep its streams open.
func (c *Client) Presence() ephemeralv1.PresenceServiceClient {
	return ephemeralv1.NewPresenceServiceClient(c.conn)
}

// Typing returns the stub of TypingService. WatchTyping keeps its stream open.
func (c *Client) Typing() ephemeralv1.TypingServiceClient {
	return ephemeralv1.NewTypingServiceClient(c.conn)
}

// Broadcast returns the stub of BroadcastService. Subscribe keeps its stream open.
func (c *Client) Broadcast() ephemeralv1.BroadcastServiceClient {
	return ephemeralv1.NewBroadcastServiceClient(c.conn)
}

// Budget returns the stub of BudgetService.
func (c *Client) Budget() ephemeralv1.BudgetServiceClient {
	return ephemeralv1.NewBudgetServiceClient(c.conn)
}

// CheckRate consumes one hit of the limit of a user and an action, and returns whether it did: a denial is no error. It is
// safe to retry, since each call has a request id of its own.
func (c *Client) CheckRate(ctx context.Context, user, action string) (*ephemeralv1.CheckRateResponse, error) {
	return c.CheckRateHits(ctx, user, action, 1)
}

// CheckRateHits is CheckRate of several hits, which are consumed together or not at all. 0 hits consume nothing.
func (c *Client) CheckRateHits(ctx context.Context, user, action string, hits int32) (
	*ephemeralv1.CheckRateResponse, error) {
	return c.RateLimits().CheckRate(ctx, &ephemeralv1.CheckRateRequest{
		UserId:    user,
		Action:    action,
		Hits:      &hits,
		RequestId: NewRequestID(),
	})
}

// NewRequestID returns 128 random bits, which make one call safe to retry.
func NewRequestID() string {
	return rand.Text()
}

// Close ends the streams and loads, and the connection. Calls in flight fail with CANCELLED. Closing twice has no further
// effect.
func (c *Client) Close() error {
	c.mutex.Lock()
	wasClosed := c.isClosed
	c.isClosed = true
	c.mutex.Unlock()
	c.cancel()
	c.open.Wait()
	if wasClosed {
		return nil
	}
	return c.conn.Close()
}

// begin returns the context of a stream, which ends with the client too, and the function to call at its end.
func (c *Client) begin(ctx context.Context) (context.Context, func(), error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.isClosed {
		return nil, nil, ErrClosed
	}
	c.open.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
		c.open.Done()
	}, nil
}
