// Package stream keeps a bidirectional stream open, and runs all that happens to it on one goroutine.
package stream

import (
	"context"
	"time"
)

// Loop is the goroutine of one handle of the application. The state of the handle is confined to it, so it needs no locks.
// Events wait here until the application receives them; the loop goes on in the meantime.
type Loop[E any] struct {
	ctx     context.Context
	cancel  context.CancelFunc
	tasks   chan func()
	events  chan E
	done    chan struct{}
	pending []*item[E]
	byKey   map[any]*item[E]
	waiting []func()
}

type item[E any] struct {
	key   any
	event E
}

// NewLoop starts a loop that ends with the context, and calls onEnd then.
func NewLoop[E any](ctx context.Context, onEnd func()) *Loop[E] {
	l := &Loop[E]{
		tasks:  make(chan func()),
		events: make(chan E),
		done:   make(chan struct{}),
		byKey:  map[any]*item[E]{},
	}
	l.ctx, l.cancel = context.WithCancel(ctx)
	go l.run(onEnd)
	return l
}

// Events is closed when the loop ends.
func (l *Loop[E]) Events() <-chan E {
	return l.events
}

// Context ends with the loop.
func (l *Loop[E]) Context() context.Context {
	return l.ctx
}

// Close ends the loop. No event follows.
func (l *Loop[E]) Close() {
	l.cancel()
	<-l.done
}

// Post runs a task on the loop, and does nothing once the loop has ended. Not to be called on the loop.
func (l *Loop[E]) Post(task func()) {
	select {
	case l.tasks <- task:
	case <-l.ctx.Done():
	}
}

// After posts a task after a wait.
func (l *Loop[E]) After(wait time.Duration, task func()) {
	time.AfterFunc(wait, func() { l.Post(task) })
}

// Emit queues an event. Called on the loop.
func (l *Loop[E]) Emit(event E) {
	l.pending = append(l.pending, &item[E]{event: event})
}

// EmitLatest queues an event in place of one with the same key that still waits. Called on the loop.
func (l *Loop[E]) EmitLatest(key any, event E) {
	if waiting, ok := l.byKey[key]; ok {
		waiting.event = event
		return
	}
	next := &item[E]{key: key, event: event}
	l.byKey[key] = next
	l.pending = append(l.pending, next)
}

// WhenReceived runs a task once no event waits. Called on the loop.
func (l *Loop[E]) WhenReceived(task func()) {
	if len(l.pending) == 0 {
		task()
		return
	}
	l.waiting = append(l.waiting, task)
}

func (l *Loop[E]) run(onEnd func()) {
	defer func() {
		l.cancel()
		close(l.events)
		close(l.done)
		onEnd()
	}()
	for l.ctx.Err() == nil {
		var events chan<- E
		var first E
		if len(l.pending) > 0 {
			events, first = l.events, l.pending[0].event
		}
		select {
		case <-l.ctx.Done():
		case task := <-l.tasks:
			task()
		case events <- first:
			l.onReceived()
		}
	}
}

func (l *Loop[E]) onReceived() {
	if key := l.pending[0].key; key != nil {
		delete(l.byKey, key)
	}
	l.pending[0] = nil
	l.pending = l.pending[1:]
	if len(l.pending) > 0 {
		return
	}
	waiting := l.waiting
	l.waiting = nil
	for _, task := range waiting {
		task()
	}
}
