package ephemeral

import "github.com/flowhub/ephemeral/client/go/ephemeralv1"

// PresenceEvent is Online, Offline, Disconnected, Stale or Resynced.
type PresenceEvent interface{ presenceEvent() }

// TypingEvent is Typing, Disconnected, Stale or Resynced.
type TypingEvent interface{ typingEvent() }

// MessageEvent is Message, Gap, Subscribed, Disconnected, Stale or Resynced.
type MessageEvent interface{ messageEvent() }

// HeartbeatEvent is CameOnline, Rejected or Disconnected.
type HeartbeatEvent interface{ heartbeatEvent() }

// Online: the user is online, first as the present state, then after each Offline.
type Online struct{ User string }

// Offline: the user is offline, first as the present state, then after each Online.
type Offline struct{ User string }

// Typing is the list of the users typing in a room, sorted. It replaces the one received before, and has at most 1,000.
type Typing struct {
	Room  string
	Users []string
}

// Message of a room. Messages that reached a server one after the other arrive in that order.
type Message struct {
	Room    string
	Sender  string
	Payload []byte
}

// Gap: messages were lost at this point, because the reader was too slow or a connection broke.
type Gap struct {
	// Room is empty if messages of any room may be lost.
	Room string
	// Lost is the number of messages, or -1 if it is unknown.
	Lost int64
}

// Subscribed: messages of these rooms arrive from here on, after they were added and after each reconnect.
type Subscribed struct{ Rooms []string }

// Disconnected: the stream broke, or could not be opened. It reconnects by itself, also after a mistake such as a rejected
// token. An event for each failed attempt, of which the latest waits for the application.
type Disconnected struct{ Cause *Error }

// Stale: the server or its Redis is unavailable. What was received may be out of date until Resynced.
type Stale struct{}

// Resynced follows Stale after all changes since then.
type Resynced struct{}

// CameOnline: a heartbeat marked this user online. The user was offline before.
type CameOnline struct{ User string }

// Rejected: the id of the user or of the connection is invalid. No heartbeat is sent until it is added again.
type Rejected struct {
	User   string
	Reason ephemeralv1.ErrorReason
	// Message is for logs.
	Message string
}

func (Online) presenceEvent()        {}
func (Offline) presenceEvent()       {}
func (Disconnected) presenceEvent()  {}
func (Stale) presenceEvent()         {}
func (Resynced) presenceEvent()      {}
func (Typing) typingEvent()          {}
func (Disconnected) typingEvent()    {}
func (Stale) typingEvent()           {}
func (Resynced) typingEvent()        {}
func (Message) messageEvent()        {}
func (Gap) messageEvent()            {}
func (Subscribed) messageEvent()     {}
func (Disconnected) messageEvent()   {}
func (Stale) messageEvent()          {}
func (Resynced) messageEvent()       {}
func (CameOnline) heartbeatEvent()   {}
func (Rejected) heartbeatEvent()     {}
func (Disconnected) heartbeatEvent() {}
