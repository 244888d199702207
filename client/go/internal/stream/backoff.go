package stream

import (
	"time"

	"github.com/flowhub/ephemeral/client/go/internal/details"
	"github.com/flowhub/ephemeral/client/go/internal/jitter"
)

const (
	firstBackoff = 100 * time.Millisecond
	maxDoublings = 6
	maxBackoff   = 5 * time.Second
)

// Backoff is the wait before the next attempt to open a stream: the server's retry delay, or else 100 ms, doubled with
// each failure up to 5 s. A retry delay is lengthened by up to a fifth, an own wait shortened by up to half.
type Backoff struct {
	failures int
}

// Next returns the next wait after an error, which may be nil.
func (b *Backoff) Next(err error) time.Duration {
	own := min(firstBackoff<<min(b.failures, maxDoublings), maxBackoff)
	b.failures++
	if delay, ok := details.RetryDelay(err); ok {
		return jitter.UpToAFifthLonger(min(delay, maxBackoff))
	}
	return jitter.UpToHalfShorter(own)
}

// Reset makes the next failure count as the first.
func (b *Backoff) Reset() {
	b.failures = 0
}
