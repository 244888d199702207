package ephemeral

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

const tokenFileAge = time.Minute

var errEmptyTokenFile = errors.New("empty (expected: a bearer token)")

// bearerToken sends a token with each attempt of each call.
type bearerToken struct {
	token       func(context.Context) (string, error)
	isEncrypted bool
}

func (b bearerToken) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b.token(ctx)
	if err != nil || token == "" {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

func (b bearerToken) RequireTransportSecurity() bool {
	return b.isEncrypted
}

// tokenFile reads a token again once a minute. While the file cannot be read, the last token stays. Safe for concurrent
// use.
type tokenFile struct {
	path string

	mutex  sync.Mutex
	last   string
	readAt time.Time
}

func (f *tokenFile) token(context.Context) (string, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !f.readAt.IsZero() && time.Since(f.readAt) < tokenFileAge {
		return f.last, nil
	}
	content, err := os.ReadFile(f.path)
	token := strings.TrimSpace(string(content))
	if err == nil && token == "" {
		err = errEmptyTokenFile
	}
	if err != nil && f.last == "" {
		return "", fmt.Errorf("ephemeral: token file %s: %w", f.path, err)
	}
	if err == nil {
		f.last = token
	}
	f.readAt = time.Now()
	return f.last, nil
}
