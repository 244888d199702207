package ephemeral

import (
	"context"
	"strings"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/id"
	"github.com/flowhub/ephemeral/client/go/internal/watch"
)

// Watch is a set of ids on one stream that reconnects by itself and then adds all ids again. Safe for concurrent use.
//
//	for event := range watch.Events() {
//		switch e := event.(type) { ... }
//	}
//
// An application that does not receive the events stops the stream: the rest waits on the server, which keeps the latest
// state, or for messages sends a Gap.
type Watch[E any] struct {
	events <-chan E
	handle watchHandle
}

type watchHandle interface {
	Add(ids ...string) error
	Remove(ids ...string)
	Close()
}

// Events is closed when the watch ends.
func (w *Watch[E]) Events() <-chan E {
	return w.events
}

// Add adds ids. Those that are watched already are ignored. If an id is invalid, or there would be more than 20,000, none
// is added.
func (w *Watch[E]) Add(ids ...string) error {
	return w.handle.Add(ids...)
}

// Remove removes ids. At most one more event is about them: the one that waits for the application.
func (w *Watch[E]) Remove(ids ...string) {
	w.handle.Remove(ids...)
}

// Close ends the watch. No event follows.
func (w *Watch[E]) Close() {
	w.handle.Close()
}

// WatchPresence watches whether users are online. The watch ends with the context, with the client, or with Close; an
// application usually makes one.
func (c *Client) WatchPresence(ctx context.Context, users ...string) (*Watch[PresenceEvent], error) {
	return startWatch(ctx, c, "WatchPresence", users, presenceProtocol(c.Presence()))
}

// WatchTyping watches the users typing in rooms. It ends as WatchPresence does.
func (c *Client) WatchTyping(ctx context.Context, rooms ...string) (*Watch[TypingEvent], error) {
	return startWatch(ctx, c, "WatchTyping", rooms, typingProtocol(c.Typing()))
}

// Subscribe receives the messages of rooms. It ends as WatchPresence does.
func (c *Client) Subscribe(ctx context.Context, rooms ...string) (*Watch[MessageEvent], error) {
	return startWatch(ctx, c, "Subscribe", rooms, messageProtocol(c.Broadcast(), ""))
}

// SubscribeExcept receives the messages of rooms, without those of one sender, usually the reader itself.
func (c *Client) SubscribeExcept(ctx context.Context, sender string, rooms ...string) (*Watch[MessageEvent], error) {
	if err := id.Require(sender); err != nil {
		return nil, err
	}
	return startWatch(ctx, c, "Subscribe", rooms, messageProtocol(c.Broadcast(), sender))
}

func startWatch[Q, R, E any](ctx context.Context, c *Client, name string, ids []string,
	protocol watch.Protocol[Q, R, E]) (*Watch[E], error) {
	ctx, onEnd, err := c.begin(ctx)
	if err != nil {
		return nil, err
	}
	handle := watch.Start(ctx, protocol, c.logger.With("stream", name), onEnd)
	w := &Watch[E]{events: handle.Events(), handle: handle}
	if err := w.Add(ids...); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func presenceProtocol(stub ephemeralv1.PresenceServiceClient) watch.Protocol[
	ephemeralv1.WatchPresenceRequest, ephemeralv1.WatchPresenceResponse, PresenceEvent] {
	type origin = watch.Origin[ephemeralv1.WatchPresenceRequest, ephemeralv1.WatchPresenceResponse, PresenceEvent]
	onStates := func(from origin, states []*ephemeralv1.PresenceState) {
		for _, state := range states {
			if user := state.GetUserId(); state.GetOnline() {
				from.State(user, "online", state.GetVersion(), Online{user})
			} else {
				from.State(user, "offline", state.GetVersion(), Offline{user})
			}
		}
	}
	return watch.Protocol[ephemeralv1.WatchPresenceRequest, ephemeralv1.WatchPresenceResponse, PresenceEvent]{
		Open: stub.WatchPresence,
		Request: func(added, removed []string) *ephemeralv1.WatchPresenceRequest {
			return &ephemeralv1.WatchPresenceRequest{AddUserIds: added, RemoveUserIds: removed}
		},
		OnMessage: func(from origin, response *ephemeralv1.WatchPresenceResponse) {
			switch event := response.GetEvent().(type) { // An event of a newer server is ignored.
			case *ephemeralv1.WatchPresenceResponse_Snapshot:
				onStates(from, event.Snapshot.GetUsers())
			case *ephemeralv1.WatchPresenceResponse_Online:
				onStates(from, event.Online.GetUsers())
			case *ephemeralv1.WatchPresenceResponse_Offline:
				onStates(from, event.Offline.GetUsers())
			case *ephemeralv1.WatchPresenceResponse_Stale:
				from.RedisUnavailable()
			case *ephemeralv1.WatchPresenceResponse_Resynced:
				from.RedisAvailable()
			case *ephemeralv1.WatchPresenceResponse_Draining:
				from.Draining(event.Draining.GetTimeLeft().AsDuration())
			}
		},
		Disconnected: func(cause error) PresenceEvent { return Disconnected{ErrorOf(cause)} },
		Stale:        Stale{},
		Resynced:     Resynced{},
	}
}

func typingProtocol(stub ephemeralv1.TypingServiceClient) watch.Protocol[
	ephemeralv1.WatchTypingRequest, ephemeralv1.WatchTypingResponse, TypingEvent] {
	type origin = watch.Origin[ephemeralv1.WatchTypingRequest, ephemeralv1.WatchTypingResponse, TypingEvent]
	return watch.Protocol[ephemeralv1.WatchTypingRequest, ephemeralv1.WatchTypingResponse, TypingEvent]{
		Open: stub.WatchTyping,
		Request: func(added, removed []string) *ephemeralv1.WatchTypingRequest {
			return &ephemeralv1.WatchTypingRequest{AddRoomIds: added, RemoveRoomIds: removed}
		},
		OnMessage: func(from origin, response *ephemeralv1.WatchTypingResponse) {
			switch event := response.GetEvent().(type) { // An event of a newer server is ignored.
			case *ephemeralv1.WatchTypingResponse_Typing:
				room, users := event.Typing.GetRoomId(), event.Typing.GetUserIds()
				from.State(room, strings.Join(users, " "), 0, Typing{room, users}) // An id has no space.
			case *ephemeralv1.WatchTypingResponse_Stale:
				from.RedisUnavailable()
			case *ephemeralv1.WatchTypingResponse_Resynced:
				from.RedisAvailable()
			case *ephemeralv1.WatchTypingResponse_Draining:
				from.Draining(event.Draining.GetTimeLeft().AsDuration())
			}
		},
		Disconnected: func(cause error) TypingEvent { return Disconnected{ErrorOf(cause)} },
		Stale:        Stale{},
		Resynced:     Resynced{},
	}
}

func messageProtocol(stub ephemeralv1.BroadcastServiceClient, excludedSender string) watch.Protocol[
	ephemeralv1.SubscribeRequest, ephemeralv1.SubscribeResponse, MessageEvent] {
	type origin = watch.Origin[ephemeralv1.SubscribeRequest, ephemeralv1.SubscribeResponse, MessageEvent]
	delivered := messageIDs{}
	var lostAny MessageEvent = Gap{Lost: -1}
	return watch.Protocol[ephemeralv1.SubscribeRequest, ephemeralv1.SubscribeResponse, MessageEvent]{
		Open: stub.Subscribe,
		Request: func(added, removed []string) *ephemeralv1.SubscribeRequest {
			return &ephemeralv1.SubscribeRequest{
				AddRoomIds: added, RemoveRoomIds: removed, ExcludeSenderId: excludedSender,
			}
		},
		OnMessage: func(from origin, response *ephemeralv1.SubscribeResponse) {
			switch event := response.GetEvent().(type) { // An event of a newer server is ignored.
			case *ephemeralv1.SubscribeResponse_Message:
				m := event.Message
				from.Pass(Message{m.GetRoomId(), m.GetSenderId(), m.GetPayload()}, func() bool {
					return from.IsWatched(m.GetRoomId()) && delivered.addIfAbsent(m.GetMessageId())
				})
			case *ephemeralv1.SubscribeResponse_Gap:
				gap := Gap{Room: event.Gap.GetRoomId(), Lost: -1}
				if event.Gap.Lost != nil {
					gap.Lost = event.Gap.GetLost()
				}
				from.Pass(gap, func() bool { return gap.Room == "" || from.IsWatched(gap.Room) })
			case *ephemeralv1.SubscribeResponse_Subscribed:
				from.Subscribed(event.Subscribed.GetRoomIds(), func(rooms []string) MessageEvent { return Subscribed{rooms} })
			case *ephemeralv1.SubscribeResponse_Stale:
				from.RedisUnavailable()
			case *ephemeralv1.SubscribeResponse_Resynced:
				from.RedisAvailable()
			case *ephemeralv1.SubscribeResponse_Draining:
				from.Draining(event.Draining.GetTimeLeft().AsDuration())
			}
		},
		Disconnected: func(cause error) MessageEvent { return Disconnected{ErrorOf(cause)} },
		Stale:        Stale{},
		Resynced:     Resynced{},
		Reconnected:  &lostAny,
	}
}

// More than arrive on two streams while one replaces the other, with 10,000 messages a second.
const maxMessageIDs = 1_024

// messageIDs are the ids of the messages delivered last: after the change from one stream to the next, the next one may
// repeat what the other one has delivered.
type messageIDs struct {
	known map[string]struct{}
	order []string
	next  int
}

// addIfAbsent returns false if the id is one of the last. An empty id, of an older server, never is.
func (m *messageIDs) addIfAbsent(id string) bool {
	if id == "" {
		return true
	}
	if _, ok := m.known[id]; ok {
		return false
	}
	if m.known == nil {
		m.known = map[string]struct{}{}
		m.order = make([]string, maxMessageIDs)
	}
	delete(m.known, m.order[m.next])
	m.known[id], m.order[m.next] = struct{}{}, id
	m.next = (m.next + 1) % maxMessageIDs
	return true
}
