package watch

import (
	"time"

	"github.com/flowhub/ephemeral/client/go/internal/stream"
)

// watchStream is one stream of a watch: it sends the ids, and knows whether its server has them all. Confined to the loop.
type watchStream[Q, R, E any] struct {
	watch              *Watch[Q, R, E]
	stream             *stream.Stream[Q, R]
	ids                *streamIDs
	deadline           time.Time // When the stream has to end, once the server has announced it.
	isOpen             bool
	isConnected        bool // A message has arrived.
	isRedisUnavailable bool
}

// isUpToDate returns whether the server is able to send each change, and has sent something about each id.
func (s *watchStream[Q, R, E]) isUpToDate() bool {
	return s.isOpen && !s.isRedisUnavailable && s.ids.isAwaitOver()
}

func (s *watchStream[Q, R, E]) nextRequest() *Q {
	added, removed := s.ids.next()
	if len(added) == 0 && len(removed) == 0 {
		return nil
	}
	return s.watch.protocol.Request(added, removed)
}

func (s *watchStream[Q, R, E]) OnOpen() {
	s.isOpen = true
	s.watch.set.reset(s.ids)
	s.watch.streams.advance()
}

func (s *watchStream[Q, R, E]) OnConnected() {
	s.isConnected = true
	s.watch.streams.onConnected(s)
}

func (s *watchStream[Q, R, E]) OnMessage(message *R) {
	s.watch.protocol.OnMessage(Origin[Q, R, E]{s}, message)
	s.watch.resyncIfUpToDate()
	s.watch.streams.advance()
}

func (s *watchStream[Q, R, E]) OnBreak(cause error) {
	s.isOpen, s.isConnected = false, false
	s.isRedisUnavailable = false // The next server reports the state of its own connection.
	s.deadline = time.Time{}
	s.watch.set.reset(s.ids) // Also here: no id is acknowledged any more.
	s.watch.streams.onBreak(s, cause)
}

func (s *watchStream[Q, R, E]) OnFinished() {
	s.watch.streams.onFinished()
}
