package ephemeral

import (
	"context"
	"fmt"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/readthrough"
	"github.com/flowhub/ephemeral/client/go/internal/retry"
)

// Loader loads an object, one of JSON, from where a committed change is visible. found is false if there is no such
// object. Its context has the values of the first caller's, but not its end: other callers may wait for the same load.
type Loader func(ctx context.Context, id string) (json string, found bool, err error)

// LoadError is the error of a loader, or that it took too long. Nothing is cached then.
type LoadError struct {
	Err error
}

func (e *LoadError) Error() string { return fmt.Sprintf("ephemeral: not loaded: %v", e.Err) }

func (e *LoadError) Unwrap() error { return e.Err }

// ReadThrough reads one kind of object through the cache: users or products. Safe for concurrent use.
type ReadThrough struct {
	cache *readthrough.Cache
}

// Get returns the cached object, and calls the loader only on a miss. It never fails because the cache failed: without a
// reply in time the object is loaded and not cached. Concurrent reads of one id share one lookup and at most one load.
// Fails with a *LoadError, with an *Error if the id is invalid, or when the context ends.
func (r *ReadThrough) Get(ctx context.Context, id string, load Loader) (json string, found bool, err error) {
	value, err := r.cache.Get(ctx, id, readthrough.Loader(load))
	return value.JSON, value.Found, err
}

// Evict removes an object from the cache, after its change was committed. Returns whether it was cached.
func (r *ReadThrough) Evict(ctx context.Context, id string) (bool, error) {
	return r.cache.Evict(ctx, id)
}

// Users reads users through the cache.
func (c *Client) Users() *ReadThrough {
	return c.users
}

// Products reads products through the cache.
func (c *Client) Products() *ReadThrough {
	return c.products
}

func (s *settings) readThrough(ctx context.Context, backend readthrough.Backend) *ReadThrough {
	return &ReadThrough{readthrough.New(ctx, backend, readthrough.Settings{
		MaxWait:      s.maxCacheWait,
		MaxLoads:     s.maxLoads,
		LoadDeadline: s.loadDeadline,
		WrapError:    func(err error) error { return &LoadError{err} },
	})}
}

func userBackend(cache ephemeralv1.CacheServiceClient) readthrough.Backend {
	return readthrough.Backend{
		Get: func(ctx context.Context, id string) (readthrough.Reply, error) {
			r, err := cache.GetCachedUser(ctx, &ephemeralv1.GetCachedUserRequest{Id: id}, retry.Never())
			return readthrough.Reply{
				State: r.GetState(), JSON: r.GetJson(), Lease: r.GetLease(), LeaseLeft: r.GetWait().AsDuration(),
			}, err
		},
		Put: func(ctx context.Context, id string, value readthrough.Value, lease string) error {
			put := &ephemeralv1.PutCachedUserRequest{
				Id: id, Lease: lease, Content: &ephemeralv1.PutCachedUserRequest_Negative{Negative: true},
			}
			if value.Found {
				put.Content = &ephemeralv1.PutCachedUserRequest_Json{Json: value.JSON}
			}
			_, err := cache.PutCachedUser(ctx, put)
			return err
		},
		Evict: func(ctx context.Context, id string) (bool, error) {
			r, err := cache.EvictCachedUser(ctx, &ephemeralv1.EvictCachedUserRequest{Id: id})
			return r.GetEvicted(), err
		},
	}
}

func productBackend(cache ephemeralv1.CacheServiceClient) readthrough.Backend {
	return readthrough.Backend{
		Get: func(ctx context.Context, id string) (readthrough.Reply, error) {
			r, err := cache.GetCachedProduct(ctx, &ephemeralv1.GetCachedProductRequest{Id: id}, retry.Never())
			return readthrough.Reply{
				State: r.GetState(), JSON: r.GetJson(), Lease: r.GetLease(), LeaseLeft: r.GetWait().AsDuration(),
			}, err
		},
		Put: func(ctx context.Context, id string, value readthrough.Value, lease string) error {
			put := &ephemeralv1.PutCachedProductRequest{
				Id: id, Lease: lease, Content: &ephemeralv1.PutCachedProductRequest_Negative{Negative: true},
			}
			if value.Found {
				put.Content = &ephemeralv1.PutCachedProductRequest_Json{Json: value.JSON}
			}
			_, err := cache.PutCachedProduct(ctx, put)
			return err
		},
		Evict: func(ctx context.Context, id string) (bool, error) {
			r, err := cache.EvictCachedProduct(ctx, &ephemeralv1.EvictCachedProductRequest{Id: id})
			return r.GetEvicted(), err
		},
	}
}
