package ephemeral

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Option is a setting of a client.
type Option func(*settings) error

type settings struct {
	transport        credentials.TransportCredentials
	isPlaintext      bool
	token            func(context.Context) (string, error)
	tokenFile        *tokenFile // Of token, if it is one.
	isClearTextToken bool
	deadline         time.Duration
	keepAlive        time.Duration
	maxCacheWait     time.Duration
	maxLoads         int
	loadDeadline     time.Duration
	logger           *slog.Logger
	dialOptions      []grpc.DialOption
}

func defaults() *settings {
	return &settings{
		transport:    credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12}),
		deadline:     time.Second,
		keepAlive:    30 * time.Second,
		maxCacheWait: 200 * time.Millisecond,
		maxLoads:     16,
		loadDeadline: 2 * time.Second,
		logger:       slog.New(slog.DiscardHandler),
	}
}

// WithPlaintext does not encrypt, and does not authenticate the server: for a private network only.
func WithPlaintext() Option {
	return func(s *settings) error {
		s.transport, s.isPlaintext = insecure.NewCredentials(), true
		return nil
	}
}

// WithTLS sets other certificate authorities, or a client certificate. Without it the certificate authorities of the
// system are trusted.
func WithTLS(config *tls.Config) Option {
	return func(s *settings) error {
		s.transport, s.isPlaintext = credentials.NewTLS(config), false
		return nil
	}
}

// WithToken sends a bearer token with each call and stream. The function returns the present one, and is called once per
// call; an empty token is not sent. In clear text the token goes to this machine only (see WithClearTextToken).
func WithToken(token func(context.Context) (string, error)) Option {
	return func(s *settings) error {
		s.token, s.tokenFile = token, nil
		return nil
	}
}

// WithTokenFile sends the bearer token in a file, one line of printable ASCII. The file is read again once a minute:
// replace it to rotate the token. While it is missing or invalid, the last token stays, and the logger reports that once.
func WithTokenFile(path string) Option {
	return func(s *settings) error {
		file := &tokenFile{path: path, logger: s.logger}
		if _, err := file.token(context.Background()); err != nil {
			return err
		}
		s.token, s.tokenFile = file.token, file
		return nil
	}
}

// WithClearTextToken allows to send the token in clear text beyond this machine, where the network itself encrypts.
func WithClearTextToken() Option {
	return func(s *settings) error {
		s.isClearTextToken = true
		return nil
	}
}

// WithDeadline sets the deadline of a unary call, retries included, if its context has none: 1 ms to 1 h, 1 s by default.
// Streams have none.
func WithDeadline(deadline time.Duration) Option {
	return func(s *settings) error {
		s.deadline = deadline
		return inRange("deadline", deadline, time.Millisecond, time.Hour)
	}
}

// WithKeepAlive sets how long a connection may be silent before the client pings the server, also while no call is in
// flight: 10 s, the minimum of the server, to 1 h; 30 s by default. Without a reply within 5 s the connection is closed.
func WithKeepAlive(keepAlive time.Duration) Option {
	return func(s *settings) error {
		s.keepAlive = keepAlive
		return inRange("keep-alive", keepAlive, 10*time.Second, time.Hour)
	}
}

// WithMaxCacheWait sets how long a read of a user or product waits for the cache, or for another process that loads the
// object, before it loads the object itself: 1 ms to 1 min, 200 ms by default. Half of the time left in the context, if
// that is less.
func WithMaxCacheWait(wait time.Duration) Option {
	return func(s *settings) error {
		s.maxCacheWait = wait
		return inRange("max cache wait", wait, time.Millisecond, time.Minute)
	}
}

// WithMaxLoads sets how many loads of users, and of products, run at a time: 1 to 1,000, 16 by default. Others wait.
func WithMaxLoads(loads int) Option {
	return func(s *settings) error {
		s.maxLoads = loads
		return inRange("max loads", loads, 1, 1_000)
	}
}

// WithLoadDeadline sets how long a load may take, including the wait for its turn: 1 ms to 1 h, 2 s by default.
func WithLoadDeadline(deadline time.Duration) Option {
	return func(s *settings) error {
		s.loadDeadline = deadline
		return inRange("load deadline", deadline, time.Millisecond, time.Hour)
	}
}

// WithLogger logs when a stream connects and disconnects, and when a token file becomes invalid. Nothing is logged by
// default.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		s.logger = logger
		return nil
	}
}

// WithDialOptions adds options of gRPC, such as an interceptor that receives each call once, however often it is retried.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) error {
		s.dialOptions = append(s.dialOptions, options...)
		return nil
	}
}

func inRange[T int | time.Duration](name string, value, least, most T) error {
	if value < least || value > most {
		return fmt.Errorf("ephemeral: %s: %v (expected: %v to %v)", name, value, least, most)
	}
	return nil
}
