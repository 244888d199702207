package ephemeral

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLastGoodTokenStays(t *testing.T) {
	var log strings.Builder
	path := filepath.Join(t.TempDir(), "token")
	file := &tokenFile{path: path, logger: slog.New(slog.NewTextHandler(&log, nil))}
	read := func(content, expected string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		file.readAt = time.Now().Add(-2 * tokenFileAge)
		if token, err := file.token(context.Background()); err != nil || token != expected {
			t.Errorf("%q, %v (expected: %s)", token, err, expected)
		}
	}
	read("first\n", "first")
	read("hidden\nhidden\n", "first")
	read("hidden\nhidden\n", "first")
	if strings.Count(log.String(), path) != 1 || strings.Contains(log.String(), "hidden") {
		t.Errorf("log: %q (expected: the file once, and not its content)", log.String())
	}
	read("second", "second")
	read("", "second")
	if strings.Count(log.String(), path) != 2 {
		t.Errorf("log: %q (expected: the next fault too)", log.String())
	}
}
