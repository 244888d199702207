package heartbeat

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/details"
	"github.com/flowhub/ephemeral/client/go/internal/stream"
)

const (
	tick              = 100 * time.Millisecond
	maxPerFrame       = 1_000
	maxFramesInFlight = 4
)

type (
	request  = ephemeralv1.StreamHeartbeatsRequest
	response = ephemeralv1.StreamHeartbeatsResponse
)

// Events makes the events of the application.
type Events[E any] struct {
	CameOnline   func(user string) E
	Rejected     func(user string, reason ephemeralv1.ErrorReason, message string) E
	Disconnected func(cause error) E
}

// Heartbeats sends due heartbeats at each tick, at most 4 frames in flight, and handles their responses. An application
// that does not receive its events delays no heartbeat: of several about the same user the latest waits.
type Heartbeats[E any] struct {
	stub   ephemeralv1.PresenceServiceClient
	events Events[E]
	logger *slog.Logger
	loop   *stream.Loop[E]

	// Confined to the loop.
	stream    *stream.Stream[request, response]
	isOpen    bool
	wasBroken bool
	schedule  *schedule
	offline   *offlineNotifier
	inFlight  []frame
	sequence  int64
	lastTick  time.Time
	removals  []chan struct{}

	mutex    sync.Mutex // The goroutine that sends takes the requests.
	outgoing []*request
}

// frame is heartbeats that are sent and answered together; the timers in the order of the indexes in the response.
type frame struct {
	sequence int64
	sentAt   time.Time
	timers   []*timer
}

// conflation is about the events of which only the latest waits.
type conflation struct{ event, user string }

// Start opens the stream, which ends with the context.
func Start[E any](ctx context.Context, stub ephemeralv1.PresenceServiceClient, events Events[E], logger *slog.Logger,
	onEnd func()) *Heartbeats[E] {
	h := &Heartbeats[E]{stub: stub, events: events, logger: logger, schedule: newSchedule(), lastTick: time.Now()}
	h.loop = stream.NewLoop[E](ctx, onEnd)
	h.offline = newOfflineNotifier(h.setOffline, func(key Key) { h.schedule.add(key, time.Now()) })
	h.loop.Post(func() {
		h.stream = stream.New(h.loop, stub.StreamHeartbeats)
		h.stream.Listener = h
		h.stream.Next = h.takeOutgoing
		h.stream.Open()
	})
	go h.repeat()
	return h
}

// Events is closed at the end.
func (h *Heartbeats[E]) Events() <-chan E {
	return h.loop.Events()
}

// Add keeps a key online.
func (h *Heartbeats[E]) Add(key Key) {
	h.loop.Post(func() {
		if t := h.schedule.all[key]; t != nil {
			t.isLeaving = false
		} else {
			h.offline.cancelAndReadd(key)
		}
	})
}

// Remove sets a key offline.
func (h *Heartbeats[E]) Remove(key Key) {
	h.loop.Post(func() { h.remove(key) })
}

// Stop sends no heartbeat of a key any more.
func (h *Heartbeats[E]) Stop(key Key) {
	h.loop.Post(func() {
		if t := h.schedule.all[key]; t != nil {
			h.schedule.remove(t)
		} else {
			h.offline.cancelReadd(key)
		}
	})
}

// RemoveAll removes all keys, and waits for the calls.
func (h *Heartbeats[E]) RemoveAll(ctx context.Context) error {
	done := make(chan struct{})
	h.loop.Post(func() {
		h.removals = append(h.removals, done)
		for key := range h.schedule.all {
			h.remove(key)
		}
	})
	select {
	case <-done:
	case <-h.loop.Context().Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Close sends no heartbeat any more. No event follows.
func (h *Heartbeats[E]) Close() {
	h.loop.Close()
}

// remove: while a heartbeat is in flight, SetOffline waits for its response: it could mark the user online afterwards.
func (h *Heartbeats[E]) remove(key Key) {
	switch t := h.schedule.all[key]; {
	case t == nil:
		h.offline.cancelReadd(key)
	case t.isInFlight:
		t.isLeaving = true
	default:
		h.schedule.remove(t)
		h.offline.add(key)
	}
}

func (h *Heartbeats[E]) setOffline(key Key, onEnd func()) {
	go func() {
		_, err := h.stub.SetOffline(h.loop.Context(),
			&ephemeralv1.SetOfflineRequest{UserId: key.User, ConnectionId: key.Connection})
		if err != nil {
			h.logger.Debug("set offline", "cause", err)
		}
		h.loop.Post(onEnd)
	}()
}

func (h *Heartbeats[E]) repeat() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			h.loop.Post(h.onTick)
		case <-h.loop.Context().Done():
			return
		}
	}
}

func (h *Heartbeats[E]) onTick() {
	h.lastTick = time.Now()
	if len(h.inFlight) > 0 && h.lastTick.Sub(h.inFlight[0].sentAt) > h.schedule.lifetime/2 {
		h.stream.Abort("a frame of heartbeats was not answered") // Another server may answer in time.
	}
	h.send()
	if len(h.removals) > 0 && h.offline.isIdle() && !h.schedule.isAnyLeaving() {
		for _, done := range h.removals {
			close(done)
		}
		h.removals = nil
	}
}

// send sends what was due at the last tick. With the present time each response would trigger a small frame.
func (h *Heartbeats[E]) send() {
	for h.isOpen && len(h.inFlight) < maxFramesInFlight {
		due := h.schedule.takeDue(h.lastTick, maxPerFrame)
		if len(due) == 0 {
			return
		}
		h.sequence++
		next, message := newFrame(h.sequence, due)
		h.inFlight = append(h.inFlight, next)
		h.mutex.Lock()
		h.outgoing = append(h.outgoing, message)
		h.mutex.Unlock()
		h.stream.Wake()
	}
}

func newFrame(sequence int64, due []*timer) (frame, *request) {
	message := &request{Sequence: sequence}
	var withConnection []*timer
	timers := make([]*timer, 0, len(due))
	for _, t := range due {
		if t.key.Connection != "" {
			withConnection = append(withConnection, t)
			message.Heartbeats = append(message.Heartbeats,
				&ephemeralv1.HeartbeatRequest{UserId: t.key.User, ConnectionId: t.key.Connection})
		} else {
			timers = append(timers, t)
			message.UserIds = append(message.UserIds, t.key.User)
		}
	}
	return frame{sequence, time.Now(), append(timers, withConnection...)}, message
}

func (h *Heartbeats[E]) takeOutgoing() *request {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if len(h.outgoing) == 0 {
		return nil
	}
	first := h.outgoing[0]
	h.outgoing = h.outgoing[1:]
	return first
}

// OnOpen implements stream.Listener.
func (h *Heartbeats[E]) OnOpen() {
	h.isOpen = true
	if h.wasBroken {
		h.schedule.spread(time.Now())
	}
	h.send()
}

// OnConnected implements stream.Listener.
func (h *Heartbeats[E]) OnConnected() {
	h.logger.Info("stream connected")
}

// OnMessage implements stream.Listener.
func (h *Heartbeats[E]) OnMessage(message *response) {
	if len(h.inFlight) == 0 || h.inFlight[0].sequence != message.GetSequence() {
		h.stream.Abort(fmt.Sprintf("frame %d was answered out of order", message.GetSequence()))
		return
	}
	answered := h.inFlight[0]
	h.inFlight = h.inFlight[1:]
	h.schedule.update(message.GetNextIn().AsDuration(), message.GetExpiresIn().AsDuration())
	rejected := map[*timer]struct{}{}
	for _, rejection := range message.GetRejected() {
		h.onRejected(answered, rejection, rejected)
	}
	for _, t := range answered.timers {
		if _, ok := rejected[t]; !ok {
			h.schedule.accepted(t, answered.sentAt)
		}
		h.removeIfLeaving(t)
	}
	for _, user := range message.GetCameOnline() {
		h.loop.EmitLatest(conflation{"came online", user}, h.events.CameOnline(user))
	}
	h.send()
}

// onRejected: an index outside the frame rejects the frame as a whole, for a reason that no user's id caused.
func (h *Heartbeats[E]) onRejected(answered frame, rejection *ephemeralv1.RejectedHeartbeat,
	rejected map[*timer]struct{}) {
	index := int(rejection.GetIndex())
	isOne := index >= 0 && index < len(answered.timers)
	timers := answered.timers
	if isOne {
		timers = timers[index : index+1]
	}
	reason := details.Reason(rejection.GetErrorReason())
	now := time.Now()
	for _, t := range timers {
		if _, ok := rejected[t]; ok {
			continue
		}
		rejected[t] = struct{}{}
		h.schedule.rejected(t, now)
		if isOne && reason == ephemeralv1.ErrorReason_ERROR_REASON_INVALID_FIELD {
			h.schedule.remove(t)
			h.loop.EmitLatest(conflation{"rejected", t.key.User},
				h.events.Rejected(t.key.User, reason, rejection.GetMessage()))
		}
	}
}

// OnBreak implements stream.Listener.
func (h *Heartbeats[E]) OnBreak(cause error) {
	h.isOpen, h.wasBroken = false, true
	h.mutex.Lock()
	h.outgoing = nil
	h.mutex.Unlock()
	now := time.Now()
	for _, lost := range h.inFlight {
		for _, t := range lost.timers {
			h.schedule.lost(t, now)
			h.removeIfLeaving(t)
		}
	}
	h.inFlight = nil
	h.logger.Warn("stream disconnected", "cause", cause)
	h.loop.EmitLatest(conflation{event: "disconnected"}, h.events.Disconnected(cause))
}

// OnFinished implements stream.Listener. The stream is never half-closed.
func (h *Heartbeats[E]) OnFinished() {}

func (h *Heartbeats[E]) removeIfLeaving(t *timer) {
	if t.isLeaving && !t.isRemoved {
		h.remove(t.key)
	}
}
