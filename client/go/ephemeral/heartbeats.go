package ephemeral

import (
	"context"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/heartbeat"
)

// Heartbeats keeps many users online, for example those whose connections a gateway holds: each user's heartbeat is sent
// as often as the server sets, about every 3 seconds, in frames of up to 1,000 on one stream that reconnects by itself.
// Safe for concurrent use.
type Heartbeats struct {
	handle *heartbeat.Heartbeats[HeartbeatEvent]
}

// Heartbeats starts to keep users online, none at first. It ends with the context, with the client, or with Close; an
// application usually makes one.
func (c *Client) Heartbeats(ctx context.Context) (*Heartbeats, error) {
	ctx, onEnd, err := c.begin(ctx)
	if err != nil {
		return nil, err
	}
	events := heartbeat.Events[HeartbeatEvent]{
		CameOnline: func(user string) HeartbeatEvent { return CameOnline{user} },
		Rejected: func(user string, reason ephemeralv1.ErrorReason, message string) HeartbeatEvent {
			return Rejected{user, reason, message}
		},
		Disconnected: func(cause error) HeartbeatEvent { return Disconnected{ErrorOf(cause)} },
	}
	return &Heartbeats{heartbeat.Start(ctx, c.Presence(), events, c.logger.With("stream", "StreamHeartbeats"), onEnd)}, nil
}

// Events need not be received: of several about the same user the latest waits. Closed at the end.
func (h *Heartbeats) Events() <-chan HeartbeatEvent {
	return h.handle.Events()
}

// Add keeps one connection of a user, and so the user, online, starting within 100 ms. The connection is unique among all
// connections of the user on every gateway, or empty: either all heartbeats of a user have one, or none has.
func (h *Heartbeats) Add(user, connection string) {
	h.handle.Add(heartbeat.Key{User: user, Connection: connection})
}

// Remove ends one connection: the user is offline if it was the last one. If the call fails, the user goes offline 10
// seconds after the last heartbeat.
func (h *Heartbeats) Remove(user, connection string) {
	h.handle.Remove(heartbeat.Key{User: user, Connection: connection})
}

// Stop stops the heartbeats of one connection, which ends 10 seconds after the last one.
func (h *Heartbeats) Stop(user, connection string) {
	h.handle.Stop(heartbeat.Key{User: user, Connection: connection})
}

// RemoveAll removes all connections, and waits until the calls have ended, successfully or not.
func (h *Heartbeats) RemoveAll(ctx context.Context) error {
	return h.handle.RemoveAll(ctx)
}

// Close stops all heartbeats and sets no user offline: a user that reconnects elsewhere within 10 seconds stays online.
func (h *Heartbeats) Close() {
	h.handle.Close()
}
