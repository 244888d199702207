package ephemeral

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

const tokenFileAge = time.Minute

var errNoToken = errors.New("invalid content (expected: a bearer token, one line of printable ASCII without spaces)")

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

// tokenFile reads a token again once a minute. While the file has none, the last token stays. Safe for concurrent use.
type tokenFile struct {
	path   string
	logger *slog.Logger

	mutex    sync.Mutex
	last     string
	readAt   time.Time
	isFaulty bool
}

func (f *tokenFile) token(context.Context) (string, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !f.readAt.IsZero() && time.Since(f.readAt) < tokenFileAge {
		return f.last, nil
	}
	token, err := readToken(f.path)
	if err != nil && f.last == "" {
		return "", fmt.Errorf("ephemeral: token file: %w", err)
	}
	if err != nil && !f.isFaulty {
		f.logger.Warn("the last token stays", "cause", err)
	}
	if err == nil {
		f.last = token
	}
	f.isFaulty = err != nil
	f.readAt = time.Now()
	return f.last, nil
}

// readToken returns the token in a file, without the white space around it. An error does not contain the content.
func readToken(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	token := strings.Trim(string(content), " \t\r\n\v\f")
	isOther := func(char rune) bool { return char < 0x21 || char > 0x7e }
	if token == "" || strings.ContainsFunc(token, isOther) {
		return "", fmt.Errorf("%s: %w", path, errNoToken)
	}
	return token, nil
}
