// Package watch follows the state of a set of ids on one stream at a time, and moves to another server without a gap.
package watch

import (
	"errors"
	"fmt"

	"github.com/flowhub/ephemeral/client/go/internal/id"
)

// The server's limit per stream.
const maxIDs = 20_000

// set holds the ids of a watch, the last state delivered for each, and the streams that follow their changes. Confined to
// the loop.
type set struct {
	entries map[string]*entry
	streams map[*streamIDs]struct{}
}

type entry struct {
	isDelivered bool
	delivered   string
	version     int64
}

func newSet() *set {
	return &set{entries: map[string]*entry{}, streams: map[*streamIDs]struct{}{}}
}

// newStream is for a stream that has to send all ids and each later change.
func (s *set) newStream() *streamIDs {
	ids := &streamIDs{}
	s.streams[ids] = struct{}{}
	s.reset(ids)
	return ids
}

// reset is for a stream that has to send all ids again.
func (s *set) reset(ids *streamIDs) {
	ids.reset(s.entries)
}

// detach ends the changes of a stream. Returns false if it did not receive any before.
func (s *set) detach(ids *streamIDs) bool {
	_, ok := s.streams[ids]
	delete(s.streams, ids)
	return ok
}

// add adds all ids or none.
func (s *set) add(ids []string) error {
	absent := map[string]struct{}{}
	for _, added := range ids {
		if err := id.Require(added); err != nil {
			return err
		}
		if s.entries[added] == nil {
			absent[added] = struct{}{}
		}
	}
	if total := len(s.entries) + len(absent); total > maxIDs {
		return fmt.Errorf("ephemeral: watched: %d (expected: at most %d)", total, maxIDs)
	}
	for added := range absent {
		s.entries[added] = &entry{}
		for ids := range s.streams {
			ids.add(added)
		}
	}
	return nil
}

func (s *set) remove(ids []string) {
	for _, removed := range ids {
		if s.entries[removed] == nil {
			continue
		}
		delete(s.entries, removed)
		for ids := range s.streams {
			ids.remove(removed)
		}
	}
}

// update stores the state. Returns true if it has to be delivered: watched and changed.
func (s *set) update(id, state string, version int64) bool {
	e := s.entries[id]
	if e == nil {
		return false
	}
	isChanged := !e.isDelivered || e.delivered != state
	e.isDelivered, e.delivered, e.version = true, state, version
	return isChanged
}

// isOlder returns whether a state with a later version was stored.
func (s *set) isOlder(id string, version int64) bool {
	e := s.entries[id]
	return e != nil && version < e.version
}

// forgetStates makes each next state count as changed.
func (s *set) forgetStates() {
	for _, e := range s.entries {
		e.isDelivered = false
	}
}

var errClosed = errors.New("ephemeral: the watch is closed")
