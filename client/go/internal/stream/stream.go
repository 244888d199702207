package stream

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Listener receives what happens to a stream, on the loop.
type Listener[R any] interface {
	// OnOpen: requests can be sent.
	OnOpen()
	// OnConnected: the first message follows.
	OnConnected()
	OnMessage(message *R)
	// OnBreak: the stream ended, or could not be opened. It is opened again unless it is retired.
	OnBreak(cause error)
	// OnFinished: the stream ended after it was half-closed.
	OnFinished()
}

// Executor is what a stream needs of its loop.
type Executor interface {
	Context() context.Context
	Post(task func())
	After(wait time.Duration, task func())
}

// Stream is a bidirectional stream that is opened again whenever it ends, until it is retired or its loop ends. The next
// message is read when the last one has been handled, so what the application does not receive waits on the server. All
// methods but Wake are called on the loop.
type Stream[Q, R any] struct {
	Listener Listener[R]
	// Next returns the next request, or nil. Called on another goroutine, after Wake.
	Next func() *Q
	// ReadWhen runs a task when the next message may be read.
	ReadWhen func(task func())

	loop          Executor
	open          func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Q, R], error)
	backoff       Backoff
	attempt       *attempt[Q, R] // Nil while waiting for the next.
	isRetired     bool
	isPaused      bool
	isReadPending bool
}

// attempt is one stream of gRPC. Its goroutines are one that receives, and one that sends and may wait for flow control.
type attempt[Q, R any] struct {
	cancel      context.CancelFunc
	ctx         context.Context
	wake        chan struct{}
	reads       chan struct{}
	isConnected bool

	mutex        sync.Mutex
	isEnded      bool // No request is taken any more.
	isHalfClosed bool
}

// New returns a stream that is not open yet.
func New[Q, R any](loop Executor,
	open func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Q, R], error)) *Stream[Q, R] {
	return &Stream[Q, R]{loop: loop, open: open, ReadWhen: func(task func()) { task() }}
}

// Open opens the stream.
func (s *Stream[Q, R]) Open() {
	ctx, cancel := context.WithCancel(s.loop.Context())
	a := &attempt[Q, R]{
		ctx: ctx, cancel: cancel, wake: make(chan struct{}, 1), reads: make(chan struct{}, 1),
	}
	s.attempt = a
	go func() {
		client, err := s.open(ctx)
		s.loop.Post(func() {
			switch {
			case s.attempt != a:
				return
			case err != nil:
				s.onBroken(err)
			default:
				go s.receive(a, client)
				go s.send(a, client)
				s.Listener.OnOpen()
				s.Wake()
			}
		})
	}()
}

// Wake makes the stream send what Next returns.
func (s *Stream[Q, R]) Wake() {
	if a := s.attempt; a != nil {
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
}

// Abort ends the stream as if it broke.
func (s *Stream[Q, R]) Abort(reason string) {
	if s.attempt != nil {
		s.onBroken(status.Error(codes.Unavailable, reason))
	}
}

// Retire does not open the stream again when it ends.
func (s *Stream[Q, R]) Retire() {
	s.isRetired = true
}

// HalfClose sends nothing more, so that the server ends a stream that is retired.
func (s *Stream[Q, R]) HalfClose() {
	if a := s.attempt; a != nil {
		a.mutex.Lock()
		a.isHalfClosed = true
		a.mutex.Unlock()
		s.Wake()
	}
}

// Pause reads no message until Resume.
func (s *Stream[Q, R]) Pause() {
	s.isPaused = true
}

// Resume reads again.
func (s *Stream[Q, R]) Resume() {
	s.isPaused = false
	if s.isReadPending && s.attempt != nil {
		s.isReadPending = false
		s.readNext(s.attempt)
	}
}

func (s *Stream[Q, R]) receive(a *attempt[Q, R], client grpc.BidiStreamingClient[Q, R]) {
	for {
		message, err := client.Recv()
		s.loop.Post(func() {
			switch {
			case s.attempt != a:
				return
			case err != nil:
				s.onEnd(a, err)
			default:
				s.onMessage(a, message)
			}
		})
		if err != nil {
			return
		}
		select {
		case <-a.reads:
		case <-a.ctx.Done():
			return
		}
	}
}

// send ends without a word if the stream is broken: the goroutine that receives reports it.
func (s *Stream[Q, R]) send(a *attempt[Q, R], client grpc.BidiStreamingClient[Q, R]) {
	for {
		select {
		case <-a.wake:
		case <-a.ctx.Done():
			return
		}
		for {
			request, isLast := a.take(s.Next)
			if request == nil && isLast {
				_ = client.CloseSend()
				return
			}
			if request == nil {
				break
			}
			if client.Send(request) != nil {
				return
			}
		}
	}
}

func (a *attempt[Q, R]) take(next func() *Q) (request *Q, isLast bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.isEnded {
		return nil, false
	}
	return next(), a.isHalfClosed
}

func (s *Stream[Q, R]) onMessage(a *attempt[Q, R], message *R) {
	if !a.isConnected {
		a.isConnected = true
		s.backoff.Reset()
		s.Listener.OnConnected()
	}
	s.Listener.OnMessage(message)
	if s.attempt == a { // The listener did not abort it.
		s.readNext(a)
	}
}

func (s *Stream[Q, R]) readNext(a *attempt[Q, R]) {
	if s.isPaused {
		s.isReadPending = true
		return
	}
	s.ReadWhen(func() {
		if s.attempt == a {
			a.reads <- struct{}{}
		}
	})
}

func (s *Stream[Q, R]) onEnd(a *attempt[Q, R], err error) {
	if !errors.Is(err, io.EOF) {
		s.onBroken(err)
		return
	}
	if a.isHalfClosed {
		s.endAttempt()
		s.Listener.OnFinished()
		return
	}
	s.onBroken(status.Error(codes.Unavailable, "the server ended the stream"))
}

func (s *Stream[Q, R]) onBroken(cause error) {
	s.endAttempt()
	if !s.isRetired {
		s.loop.After(s.backoff.Next(cause), s.Open)
	}
	s.Listener.OnBreak(cause)
}

func (s *Stream[Q, R]) endAttempt() {
	s.attempt.mutex.Lock()
	s.attempt.isEnded = true
	s.attempt.mutex.Unlock()
	s.attempt.cancel()
	s.attempt = nil
	s.isReadPending = false
}
