package watch

import (
	"time"

	"github.com/flowhub/ephemeral/client/go/internal/stream"
)

const (
	// After the time that the server has left to a stream, until the stream is cancelled.
	margin = time.Second
	// Hand-overs that begin within this time of each other are a row, with growing pauses.
	row = time.Second
	// Events of the next stream that wait for the end of the current one. It is not read while there are more.
	maxHeld = 128
)

// handOver holds the current stream of a watch and, once its server has announced the end, the next one. The next stream
// receives all ids while the current one goes on. When the next one has acknowledged them, the current one is
// half-closed; its server then ends it after all that was published before. If the current one breaks instead, the next
// one replaces it as after any other break. Confined to the loop.
type handOver[Q, R, E any] struct {
	watch        *Watch[Q, R, E]
	held         []func()
	backoff      stream.Backoff
	current      *watchStream[Q, R, E]
	next         *watchStream[Q, R, E]
	isHalfClosed bool
	endOfRow     time.Time // A hand-over that begins before is one of a row.
}

func (h *handOver[Q, R, E]) sendChanges() {
	h.current.stream.Wake()
	if h.next != nil {
		h.next.stream.Wake()
	}
	h.advance()
}

// isCovered returns whether the current stream delivers, before its end, what this stream has received so far.
func (h *handOver[Q, R, E]) isCovered(from *watchStream[Q, R, E]) bool {
	return from == h.next && !h.isHalfClosed
}

// isSuperseded returns whether the next stream has sent a state of the id already, which this one could replace by an
// older one.
func (h *handOver[Q, R, E]) isSuperseded(from *watchStream[Q, R, E], id string) bool {
	return from == h.current && h.next != nil && h.next.ids.isAcknowledged(id)
}

// inOrder runs an event of the next stream after the end of the current one, any other at once.
func (h *handOver[Q, R, E]) inOrder(from *watchStream[Q, R, E], event func()) {
	if from == h.current {
		event()
		return
	}
	h.held = append(h.held, event)
	if h.isHalfClosed && len(h.held) >= maxHeld {
		from.stream.Pause()
	}
}

func (h *handOver[Q, R, E]) onDraining(from *watchStream[Q, R, E], timeLeft time.Duration) {
	from.deadline = time.Now().Add(timeLeft + margin)
	h.beginIfDraining()
}

func (h *handOver[Q, R, E]) beginIfDraining() {
	if h.next != nil || h.current.deadline.IsZero() {
		return
	}
	if time.Now().After(h.endOfRow) {
		h.backoff.Reset()
		h.begin()
		return
	}
	// A server that announces the end of each new stream receives no new one without a pause.
	half := max(time.Until(h.current.deadline)/2, 0)
	h.watch.loop.After(min(half, h.backoff.Next(nil)), h.begin)
}

func (h *handOver[Q, R, E]) begin() {
	ending := h.current
	if h.next != nil || ending.deadline.IsZero() { // It broke during the pause, or was announced twice.
		return
	}
	h.endOfRow = time.Now().Add(row)
	ending.stream.Retire()
	h.watch.loop.After(time.Until(ending.deadline), func() { ending.stream.Abort("the server did not end the stream") })
	h.next = h.watch.newStream()
	h.next.stream.Open()
}

// advance half-closes the current stream if the next one has all ids.
func (h *handOver[Q, R, E]) advance() {
	if h.next == nil || h.isHalfClosed || !h.next.isUpToDate() {
		return
	}
	if h.watch.set.detach(h.current.ids) { // What is added from here on is new on the next stream only.
		h.next.ids.awaitAll()
	}
	if h.next.isUpToDate() {
		h.isHalfClosed = true
		h.current.stream.HalfClose()
	}
}

func (h *handOver[Q, R, E]) onConnected(from *watchStream[Q, R, E]) {
	if !h.isCovered(from) {
		h.inOrder(from, h.watch.onConnected)
	}
}

func (h *handOver[Q, R, E]) onBreak(from *watchStream[Q, R, E], cause error) {
	switch {
	case h.isCovered(from):
		h.held = nil
	case from == h.current && h.next != nil:
		isConnected := h.next.isConnected || h.isHalfClosed
		h.replaceCurrent()
		h.watch.onDisconnected(cause)
		if isConnected {
			h.watch.onConnected()
		}
		h.deliverHeld()
	default:
		h.inOrder(from, func() { h.watch.onDisconnected(cause) })
	}
}

func (h *handOver[Q, R, E]) onFinished() {
	if h.next != nil {
		h.replaceCurrent()
		h.deliverHeld()
	}
}

func (h *handOver[Q, R, E]) replaceCurrent() {
	h.watch.set.detach(h.current.ids)
	h.current, h.next, h.isHalfClosed = h.next, nil, false
}

func (h *handOver[Q, R, E]) deliverHeld() {
	for len(h.held) > 0 {
		event := h.held[0]
		h.held = h.held[1:]
		event()
	}
	h.current.stream.Resume()
	h.watch.resyncIfUpToDate()
	h.beginIfDraining()
}
