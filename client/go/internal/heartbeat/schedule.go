// Package heartbeat keeps many users online on one stream.
package heartbeat

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// Until the first response sets them.
	defaultInterval = 3 * time.Second
	defaultLifetime = 10 * time.Second

	jitter       = 0.1
	maxDoublings = 10
)

// Key identifies one series of heartbeats. The connection is empty for a user without connections.
type Key struct{ User, Connection string }

// timer is the schedule of one key's heartbeats.
type timer struct {
	key         Key
	due         time.Time // When to send the next one.
	acceptedAt  time.Time // When the last accepted one was sent: the user's lifetime runs from there.
	wasAccepted bool
	rejections  int  // Since the last accepted one.
	isInFlight  bool // If not, the timer is in the queue.
	isLeaving   bool // SetOffline follows once no heartbeat is in flight that could mark the user online again.
	isRemoved   bool // But still in the queue or in flight.
}

// schedule is when each key's next heartbeat is due. The first is due at once, the second at a random moment of the
// interval, each later one up to a tenth of the interval early. Users added together are therefore spread evenly from the
// second heartbeat on, and bunches that form while the server is slow or unavailable dissolve by themselves.
type schedule struct {
	all      map[Key]*timer
	queue    timers
	interval time.Duration
	lifetime time.Duration
}

func newSchedule() *schedule {
	return &schedule{all: map[Key]*timer{}, interval: defaultInterval, lifetime: defaultLifetime}
}

// update applies the server's interval and lifetime. Zero leaves the present value.
func (s *schedule) update(nextIn, expiresIn time.Duration) {
	if nextIn > 0 {
		s.interval = nextIn
	}
	if expiresIn > 0 {
		s.lifetime = expiresIn
	}
}

func (s *schedule) isAnyLeaving() bool {
	for _, t := range s.all {
		if t.isLeaving {
			return true
		}
	}
	return false
}

func (s *schedule) add(key Key, now time.Time) {
	t := &timer{key: key, due: now}
	s.all[key] = t
	heap.Push(&s.queue, t)
}

func (s *schedule) remove(t *timer) {
	t.isRemoved = true
	delete(s.all, t.key)
}

// takeDue removes due timers from the queue, the longest due first. One of the methods below puts each back.
func (s *schedule) takeDue(now time.Time, most int) []*timer {
	var due []*timer
	for len(s.queue) > 0 && !s.queue[0].due.After(now) && len(due) < most {
		if t := heap.Pop(&s.queue).(*timer); !t.isRemoved {
			t.isInFlight = true
			due = append(due, t)
		}
	}
	return due
}

func (s *schedule) accepted(t *timer, sentAt time.Time) {
	fraction := (1 - jitter/2) * rand.Float64()
	if t.wasAccepted {
		fraction = 1 - jitter*rand.Float64()
	}
	t.wasAccepted, t.acceptedAt, t.rejections = true, sentAt, 0
	s.requeue(t, sentAt.Add(time.Duration(float64(s.interval)*fraction)))
}

func (s *schedule) rejected(t *timer, now time.Time) {
	wait := min(s.interval, tick<<min(t.rejections, maxDoublings))
	t.rejections++
	s.requeue(t, now.Add(wait))
}

// lost: the stream broke, and it is unknown whether the heartbeat arrived.
func (s *schedule) lost(t *timer, now time.Time) {
	s.requeue(t, now)
}

// spread schedules all heartbeats evenly within one interval after a reconnect, the user without one for longest first. A
// user whose lifetime would end before its turn, but has not ended yet, is scheduled earlier.
func (s *schedule) spread(now time.Time) {
	waiting := slices.DeleteFunc(s.queue, func(t *timer) bool { return t.isRemoved })
	slices.SortStableFunc(waiting, func(one, other *timer) int {
		if one.wasAccepted != other.wasAccepted {
			if other.wasAccepted {
				return -1
			}
			return 1
		}
		return one.acceptedAt.Compare(other.acceptedAt)
	})
	for i, t := range waiting {
		t.due = now.Add(s.interval * time.Duration(i) / time.Duration(len(waiting)))
		end := t.acceptedAt.Add(s.lifetime)
		if latest := end.Add(-s.interval / 2); t.wasAccepted && end.After(now) && latest.Before(t.due) {
			t.due = latest
		}
	}
	s.queue = waiting
	heap.Init(&s.queue)
}

func (s *schedule) requeue(t *timer, due time.Time) {
	t.isInFlight, t.due = false, due
	if !t.isRemoved {
		heap.Push(&s.queue, t)
	}
}

// timers is a heap, the earliest first.
type timers []*timer

func (q timers) Len() int           { return len(q) }
func (q timers) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q timers) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *timers) Push(t any)        { *q = append(*q, t.(*timer)) }
func (q *timers) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return t
}
