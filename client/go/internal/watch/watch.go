package watch

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	"github.com/flowhub/ephemeral/client/go/internal/stream"
)

// Protocol is what differs between the watches: Q is the request, R the response, E the event of the application.
type Protocol[Q, R, E any] struct {
	Open      func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Q, R], error)
	Request   func(added, removed []string) *Q
	OnMessage func(from Origin[Q, R, E], message *R)
	// Disconnected makes the event about a failed attempt.
	Disconnected func(cause error) E
	Stale        E
	Resynced     E
	// Reconnected is emitted before the first message after a reconnect, unless it is nil: what happened in between is
	// lost. Otherwise the states are delivered afterwards.
	Reconnected *E
}

// Watch is a set of ids and the stream about them. Its exported methods are safe for concurrent use.
type Watch[Q, R, E any] struct {
	protocol Protocol[Q, R, E]
	logger   *slog.Logger
	loop     *stream.Loop[E]

	// Confined to the loop.
	set          *set
	streams      *handOver[Q, R, E]
	isConnected  bool
	wasConnected bool
	isStale      bool
}

// Start opens a watch of no id, which ends with the context.
func Start[Q, R, E any](ctx context.Context, protocol Protocol[Q, R, E], logger *slog.Logger,
	onEnd func()) *Watch[Q, R, E] {
	w := &Watch[Q, R, E]{protocol: protocol, logger: logger, set: newSet()}
	w.loop = stream.NewLoop[E](ctx, onEnd)
	w.loop.Post(func() {
		w.streams = &handOver[Q, R, E]{watch: w}
		w.streams.current = w.newStream()
		w.streams.current.stream.Open()
	})
	return w
}

// Events is closed when the watch ends.
func (w *Watch[Q, R, E]) Events() <-chan E {
	return w.loop.Events()
}

// Add adds all ids or none.
func (w *Watch[Q, R, E]) Add(ids ...string) error {
	result := make(chan error, 1)
	w.loop.Post(func() {
		err := w.set.add(ids)
		w.streams.sendChanges()
		result <- err
	})
	select {
	case err := <-result:
		return err
	case <-w.loop.Context().Done():
		return errClosed
	}
}

// Remove removes ids. At most one more event is about them: the one that waits for the application.
func (w *Watch[Q, R, E]) Remove(ids ...string) {
	w.loop.Post(func() {
		w.set.remove(ids)
		w.streams.sendChanges()
		w.resyncIfUpToDate()
	})
}

// Close ends the watch. No event follows.
func (w *Watch[Q, R, E]) Close() {
	w.loop.Close()
}

func (w *Watch[Q, R, E]) newStream() *watchStream[Q, R, E] {
	s := &watchStream[Q, R, E]{watch: w, stream: stream.New(w.loop, w.protocol.Open), ids: w.set.newStream()}
	s.stream.Listener = s
	s.stream.Next = s.nextRequest
	s.stream.ReadWhen = w.loop.WhenReceived
	return s
}

// onConnected: the current stream received its first message, or another one has replaced it.
func (w *Watch[Q, R, E]) onConnected() {
	if w.isConnected {
		return
	}
	w.isConnected = true
	w.logger.Info("stream connected")
	if w.wasConnected && w.protocol.Reconnected != nil {
		w.set.forgetStates()
		w.loop.Emit(*w.protocol.Reconnected)
	}
	w.wasConnected = true
}

func (w *Watch[Q, R, E]) onDisconnected(cause error) {
	w.isConnected = false
	w.logger.Warn("stream disconnected", "cause", cause)
	w.loop.EmitLatest("disconnected", w.protocol.Disconnected(cause))
	w.markStale()
}

func (w *Watch[Q, R, E]) markStale() {
	if !w.isStale {
		w.isStale = true
		w.loop.Emit(w.protocol.Stale)
	}
}

func (w *Watch[Q, R, E]) resyncIfUpToDate() {
	if w.isStale && w.isConnected && w.streams.current.isUpToDate() {
		w.isStale = false
		w.loop.Emit(w.protocol.Resynced)
	}
}

// Origin is the stream that a message arrived on.
type Origin[Q, R, E any] struct {
	stream *watchStream[Q, R, E]
}

// State emits the state of an id if the id is watched and the state differs from the last one. Version 0 is none.
func (o Origin[Q, R, E]) State(id, state string, version int64, event E) {
	w := o.stream.watch
	o.stream.ids.acknowledge(id)
	isOutdated := w.streams.isSuperseded(o.stream, id) || (w.streams.next != nil && w.set.isOlder(id, version))
	if !isOutdated && w.set.update(id, state, version) {
		w.loop.Emit(event)
	}
}

// Subscribed acknowledges ids, and emits an event about those that were not subscribed before.
func (o Origin[Q, R, E]) Subscribed(ids []string, event func(ids []string) E) {
	w := o.stream.watch
	for _, id := range ids {
		o.stream.ids.acknowledge(id)
	}
	w.streams.inOrder(o.stream, func() {
		var subscribed []string
		for _, id := range ids {
			if w.set.update(id, "", 0) {
				subscribed = append(subscribed, id)
			}
		}
		if len(subscribed) > 0 {
			w.loop.Emit(event(subscribed))
		}
	})
}

// Pass emits an event at its place in the order, unless the other stream delivers the same, or deliver returns false then.
func (o Origin[Q, R, E]) Pass(event E, deliver func() bool) {
	w := o.stream.watch
	o.pass(func() {
		if deliver() {
			w.loop.Emit(event)
		}
	})
}

// IsWatched returns whether an id is watched now.
func (o Origin[Q, R, E]) IsWatched(id string) bool {
	return o.stream.watch.set.entries[id] != nil
}

// RedisUnavailable marks the watch as stale.
func (o Origin[Q, R, E]) RedisUnavailable() {
	w := o.stream.watch
	o.stream.isRedisUnavailable = true
	o.pass(func() {
		if o.stream.isRedisUnavailable || w.protocol.Reconnected != nil {
			w.markStale()
		}
	})
}

// RedisAvailable ends that.
func (o Origin[Q, R, E]) RedisAvailable() {
	o.stream.isRedisUnavailable = false
	o.pass(o.stream.watch.resyncIfUpToDate)
}

// Draining: the server is about to end the stream.
func (o Origin[Q, R, E]) Draining(timeLeft time.Duration) {
	o.stream.watch.streams.onDraining(o.stream, timeLeft)
}

func (o Origin[Q, R, E]) pass(event func()) {
	streams := o.stream.watch.streams
	if !streams.isCovered(o.stream) {
		streams.inOrder(o.stream, event)
	}
}
