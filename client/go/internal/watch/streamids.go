package watch

import (
	"maps"
	"slices"
	"sync"
)

// The server's limit.
const maxPerRequest = 1_000

// streamIDs is what one stream of a watch has not sent yet, and what its server has not acknowledged yet. An id that is
// added and removed before it is sent costs nothing, so memory is bounded by the number of ids. Safe for concurrent use:
// the goroutine that sends takes the changes.
type streamIDs struct {
	mutex          sync.Mutex
	added          map[string]struct{}
	removed        map[string]struct{}
	unacknowledged map[string]struct{}
	awaited        map[string]struct{}
}

func (s *streamIDs) add(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.removed, id)
	s.added[id] = struct{}{}
	s.unacknowledged[id] = struct{}{}
}

func (s *streamIDs) remove(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.added, id)
	delete(s.unacknowledged, id)
	delete(s.awaited, id)
	s.removed[id] = struct{}{}
}

// reset is for a new stream: all these ids have to be sent and acknowledged.
func (s *streamIDs) reset(entries map[string]*entry) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.added = make(map[string]struct{}, len(entries))
	for id := range entries {
		s.added[id] = struct{}{}
	}
	s.removed = map[string]struct{}{}
	s.unacknowledged = maps.Clone(s.added)
	s.awaited = maps.Clone(s.added)
}

// next returns the changes to send next; both are empty if there are none.
func (s *streamIDs) next() (added, removed []string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return take(s.added), take(s.removed)
}

// acknowledge: the server sent something about this id.
func (s *streamIDs) acknowledge(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.unacknowledged, id)
	delete(s.awaited, id)
}

// isAcknowledged returns whether the server has sent something about an id that is watched.
func (s *streamIDs) isAcknowledged(id string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, ok := s.unacknowledged[id]
	return !ok
}

// awaitAll makes isAwaitOver be about the present ids, those added later excluded: else it might never end.
func (s *streamIDs) awaitAll() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.awaited = maps.Clone(s.unacknowledged)
}

// isAwaitOver returns whether the server has sent something about each id that was present at the last awaitAll.
func (s *streamIDs) isAwaitOver() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.awaited) == 0
}

func take(ids map[string]struct{}) []string {
	var taken []string
	for id := range ids {
		if len(taken) == maxPerRequest {
			break
		}
		taken = append(taken, id)
		delete(ids, id)
	}
	slices.Sort(taken)
	return taken
}
