// Package readthrough reads objects through the cache, with the leases of the server.
package readthrough

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

const (
	firstPause = 10 * time.Millisecond

	// The server's limit of one object.
	maxBytes = 5_120
)

var (
	// ErrTooManyLoads: the load had no turn within its deadline.
	ErrTooManyLoads = errors.New("too many loads at a time")
	// ErrLoaderTooSlow: the loader did not return within the deadline.
	ErrLoaderTooSlow = errors.New("the loader took too long")
)

// Value is an object, or that there is none.
type Value struct {
	JSON  string
	Found bool
}

// Loader loads an object.
type Loader func(ctx context.Context, id string) (json string, found bool, err error)

// Reply is the cache's reply for one id.
type Reply struct {
	State     ephemeralv1.CacheState // CACHE_STATE_UNSPECIFIED: no useful reply within the maximum wait.
	JSON      string
	Lease     string
	LeaseLeft time.Duration // On a miss without a lease: how long another caller's lease lasts.
}

// Backend is the stub of one kind of object.
type Backend struct {
	Get   func(ctx context.Context, id string) (Reply, error)
	Put   func(ctx context.Context, id string, value Value, lease string) error
	Evict func(ctx context.Context, id string) (bool, error)
}

// Settings of a Cache.
type Settings struct {
	MaxWait      time.Duration
	MaxLoads     int
	LoadDeadline time.Duration
	WrapError    func(error) error // Wraps the error of a load.
}

// Cache reads one kind of object. Safe for concurrent use.
type Cache struct {
	ctx      context.Context // Of the client.
	backend  Backend
	settings Settings
	turns    chan struct{}

	mutex      sync.Mutex
	lookups    map[string]*lookup
	refreshing map[string]struct{}
}

// lookup of one id, shared by all callers that read it at the same time.
type lookup struct {
	done  chan struct{}
	value Value // Once done.
	err   error

	mutex   sync.Mutex
	wait    context.Context // Ends the wait for the cache.
	endWait context.CancelFunc
	end     time.Time
	timer   *time.Timer // Nil unless a later caller has less time.
}

// New returns a cache whose loads end with the context.
func New(ctx context.Context, backend Backend, settings Settings) *Cache {
	return &Cache{
		ctx:        ctx,
		backend:    backend,
		settings:   settings,
		turns:      make(chan struct{}, settings.MaxLoads),
		lookups:    map[string]*lookup{},
		refreshing: map[string]struct{}{},
	}
}

// Get returns the cached object, or loads it.
func (c *Cache) Get(ctx context.Context, id string, load Loader) (Value, error) {
	maxWait := c.settings.MaxWait
	if deadline, ok := ctx.Deadline(); ok {
		maxWait = min(maxWait, time.Until(deadline)/2)
	}
	c.mutex.Lock()
	l := c.lookups[id]
	if l == nil {
		own, end := c.own(ctx)
		l = newLookup(own, end, maxWait)
		c.lookups[id] = l
		go c.run(l, id, load)
	} else {
		l.endAfter(maxWait)
	}
	c.mutex.Unlock()
	select {
	case <-l.done:
		return l.value, l.err
	case <-ctx.Done():
		return Value{}, ctx.Err()
	case <-c.ctx.Done():
		return Value{}, c.ctx.Err()
	}
}

// Evict removes an object. A lookup under way may have read the old one, so later callers start another.
func (c *Cache) Evict(ctx context.Context, id string) (bool, error) {
	defer func() {
		c.mutex.Lock()
		delete(c.lookups, id)
		c.mutex.Unlock()
	}()
	return c.backend.Evict(ctx, id)
}

// own returns a context with the values of the caller, which ends with the client: the end of one caller ends neither the
// lookup nor the load of the others.
func (c *Cache) own(ctx context.Context) (context.Context, context.CancelFunc) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(c.ctx, cancel)
	return own, func() {
		stop()
		cancel()
	}
}

func newLookup(ctx context.Context, end context.CancelFunc, maxWait time.Duration) *lookup {
	wait, cancel := context.WithTimeout(ctx, maxWait)
	return &lookup{
		done: make(chan struct{}),
		wait: wait,
		endWait: func() {
			cancel()
			end()
		},
		end: time.Now().Add(maxWait),
	}
}

// endAfter ends the wait for the cache, unless it ends earlier. The shortest wait of all callers counts: a caller with
// little time left needs a load rather than a timeout.
func (l *lookup) endAfter(wait time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	end := time.Now().Add(wait)
	if !end.Before(l.end) {
		return
	}
	l.end = end
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(wait, l.endWait)
}

func (c *Cache) run(l *lookup, id string, load Loader) {
	reply, err := c.ask(l.wait, id)
	ctx := context.WithoutCancel(l.wait)
	if err != nil {
		c.finish(l, id, Value{}, err)
		return
	}
	switch reply.State {
	case ephemeralv1.CacheState_CACHE_STATE_HIT:
		c.finish(l, id, Value{reply.JSON, true}, nil)
	case ephemeralv1.CacheState_CACHE_STATE_NEGATIVE:
		c.finish(l, id, Value{}, nil)
	case ephemeralv1.CacheState_CACHE_STATE_STALE:
		c.finish(l, id, Value{reply.JSON, true}, nil)
		c.refresh(ctx, id, reply.Lease, load)
	default:
		value, err := c.load(ctx, id, load)
		c.finish(l, id, value, err)
		if err == nil && reply.Lease != "" {
			c.put(ctx, id, value, reply.Lease)
		}
	}
}

// ask polls the cache until it has the object, until this process gets the lease, or until the wait ends. Only an invalid
// id fails; after any other failure of the cache the object is loaded.
func (c *Cache) ask(ctx context.Context, id string) (Reply, error) {
	for pause := firstPause; ; pause *= 2 {
		reply, err := c.backend.Get(ctx, id)
		if status.Code(err) == codes.InvalidArgument {
			return Reply{}, err
		}
		if err != nil {
			return Reply{}, nil
		}
		if reply.State != ephemeralv1.CacheState_CACHE_STATE_MISS || reply.Lease != "" {
			return reply, nil
		}
		select {
		case <-time.After(min(pause, max(reply.LeaseLeft, firstPause))):
		case <-ctx.Done():
			return Reply{}, nil
		}
	}
}

// finish removes the lookup first, so that a caller that reads afterwards starts another.
func (c *Cache) finish(l *lookup, id string, value Value, err error) {
	c.mutex.Lock()
	if c.lookups[id] == l {
		delete(c.lookups, id)
	}
	c.mutex.Unlock()
	l.value, l.err = value, err
	close(l.done)
	l.endWait()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
}

// refresh loads in place of a stale object, once at a time for each id.
func (c *Cache) refresh(ctx context.Context, id, lease string, load Loader) {
	c.mutex.Lock()
	_, isRefreshing := c.refreshing[id]
	c.refreshing[id] = struct{}{}
	c.mutex.Unlock()
	if isRefreshing {
		return
	}
	defer func() {
		c.mutex.Lock()
		delete(c.refreshing, id)
		c.mutex.Unlock()
	}()
	if value, err := c.load(ctx, id, load); err == nil {
		c.put(ctx, id, value, lease)
	}
}

// put: the value is good whether or not it is stored.
func (c *Cache) put(ctx context.Context, id string, value Value, lease string) {
	if len(value.JSON) <= maxBytes {
		_ = c.backend.Put(ctx, id, value, lease)
	}
}

// load runs the loader when it has its turn. It returns at the deadline at the latest, whatever the loader does.
func (c *Cache) load(ctx context.Context, id string, load Loader) (Value, error) {
	ctx, end := c.own(ctx)
	ctx, cancel := context.WithTimeout(ctx, c.settings.LoadDeadline)
	select {
	case c.turns <- struct{}{}:
	case <-ctx.Done():
		cancel()
		end()
		return Value{}, c.failure(ctx, ErrTooManyLoads)
	}
	type result struct {
		value Value
		err   error
	}
	loaded := make(chan result, 1)
	go func() {
		defer func() {
			if thrown := recover(); thrown != nil {
				loaded <- result{err: fmt.Errorf("the loader panicked: %v", thrown)}
			}
			<-c.turns
			cancel()
			end()
		}()
		json, found, err := load(ctx, id)
		if !found {
			json = ""
		}
		loaded <- result{Value{json, found}, err}
	}()
	select {
	case r := <-loaded:
		if r.err != nil {
			return Value{}, c.settings.WrapError(r.err)
		}
		return r.value, nil
	case <-ctx.Done():
		select {
		case r := <-loaded: // It ended the context itself.
			if r.err != nil {
				return Value{}, c.settings.WrapError(r.err)
			}
			return r.value, nil
		default:
			return Value{}, c.failure(ctx, ErrLoaderTooSlow)
		}
	}
}

func (c *Cache) failure(ctx context.Context, atDeadline error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return c.settings.WrapError(atDeadline)
	}
	return c.settings.WrapError(ctx.Err())
}
