package ephemeral_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/fakeserver"
)

// cache answers reads of users with the next reply, the last one again and again.
type cache struct {
	ephemeralv1.UnimplementedCacheServiceServer

	mutex   sync.Mutex
	replies []*ephemeralv1.GetCachedUserResponse
	failure error
	reads   int
	puts    chan *ephemeralv1.PutCachedUserRequest
}

func (c *cache) GetCachedUser(context.Context, *ephemeralv1.GetCachedUserRequest) (
	*ephemeralv1.GetCachedUserResponse, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.reads++
	if c.failure != nil {
		return nil, c.failure
	}
	reply := c.replies[0]
	if len(c.replies) > 1 {
		c.replies = c.replies[1:]
	}
	return reply, nil
}

func (c *cache) PutCachedUser(_ context.Context, put *ephemeralv1.PutCachedUserRequest) (
	*ephemeralv1.PutCachedUserResponse, error) {
	c.puts <- put
	return &ephemeralv1.PutCachedUserResponse{Stored: true}, nil
}

var (
	leased    = &ephemeralv1.GetCachedUserResponse{State: ephemeralv1.CacheState_CACHE_STATE_MISS, Lease: "lease"}
	elsewhere = &ephemeralv1.GetCachedUserResponse{State: ephemeralv1.CacheState_CACHE_STATE_MISS}
	hit       = &ephemeralv1.GetCachedUserResponse{State: ephemeralv1.CacheState_CACHE_STATE_HIT, Json: "{}"}
	negative  = &ephemeralv1.GetCachedUserResponse{State: ephemeralv1.CacheState_CACHE_STATE_NEGATIVE}
	stale     = &ephemeralv1.GetCachedUserResponse{
		State: ephemeralv1.CacheState_CACHE_STATE_STALE, Json: `{"old":1}`, Lease: "lease",
	}
)

func withCache(t *testing.T, service *cache, options ...ephemeral.Option) *ephemeral.ReadThrough {
	t.Helper()
	service.puts = make(chan *ephemeralv1.PutCachedUserRequest, 10)
	target := fakeserver.Start(t, func(server *grpc.Server) {
		ephemeralv1.RegisterCacheServiceServer(server, service)
	})
	options = append([]ephemeral.Option{ephemeral.WithMaxCacheWait(30 * time.Second)}, options...)
	return newClient(t, target, options...).Users()
}

func loads(json string) ephemeral.Loader {
	return func(context.Context, string) (string, bool, error) { return json, json != "", nil }
}

func mustNotLoad(t *testing.T) ephemeral.Loader {
	return func(context.Context, string) (string, bool, error) {
		t.Error("loaded")
		return "", false, nil
	}
}

func TestCachedUserIsNotLoaded(t *testing.T) {
	users := withCache(t, &cache{replies: []*ephemeralv1.GetCachedUserResponse{hit, negative}})
	ctx := within(t, 60*time.Second)
	if json, found, err := users.Get(ctx, "42", mustNotLoad(t)); json != "{}" || !found || err != nil {
		t.Errorf("%q, %v, %v", json, found, err)
	}
	if json, found, err := users.Get(ctx, "42", mustNotLoad(t)); json != "" || found || err != nil {
		t.Errorf("negative: %q, %v, %v", json, found, err)
	}
}

func TestMissIsLoadedAndPut(t *testing.T) {
	service := &cache{replies: []*ephemeralv1.GetCachedUserResponse{leased}}
	users := withCache(t, service)
	ctx := within(t, 60*time.Second)
	if json, _, err := users.Get(ctx, "42", loads(`{"a":1}`)); json != `{"a":1}` || err != nil {
		t.Fatalf("%q, %v", json, err)
	}
	if put := <-service.puts; put.GetLease() != "lease" || put.GetJson() != `{"a":1}` {
		t.Errorf("put: %v", put)
	}
	if _, found, err := users.Get(ctx, "42", loads("")); found || err != nil {
		t.Fatalf("%v, %v", found, err)
	}
	if put := <-service.puts; !put.GetNegative() {
		t.Errorf("put: %v (expected: negative)", put)
	}
}

func TestConcurrentReadsShareOneLoad(t *testing.T) {
	users := withCache(t, &cache{replies: []*ephemeralv1.GetCachedUserResponse{leased, negative}})
	var loaded atomic.Int32
	started, release := make(chan struct{}), make(chan struct{})
	load := func(context.Context, string) (string, bool, error) {
		loaded.Add(1)
		close(started)
		<-release
		return "{}", true, nil
	}
	ctx := within(t, 60*time.Second)
	first, cancelFirst := context.WithCancel(ctx)
	go func() { _, _, _ = users.Get(first, "42", load) }()
	<-started
	results := make(chan string)
	for range 10 {
		go func() {
			json, _, _ := users.Get(ctx, "42", load)
			results <- json
		}()
	}
	cancelFirst() // The end of one caller does not end the load of the others.
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	shared := 0
	for range 10 {
		if <-results == "{}" {
			shared++
		}
	}
	if loaded.Load() != 1 || shared == 0 {
		t.Errorf("loads: %d, shared by %d", loaded.Load(), shared)
	}
}

func TestWaitsForTheLeaseOfAnotherProcess(t *testing.T) {
	service := &cache{replies: []*ephemeralv1.GetCachedUserResponse{elsewhere, elsewhere, hit}}
	json, _, err := withCache(t, service).Get(within(t, 60*time.Second), "42", mustNotLoad(t))
	if json != "{}" || err != nil || service.reads != 3 {
		t.Errorf("%q, %v after %d reads", json, err, service.reads)
	}
}

func TestLoadsWithoutTheCache(t *testing.T) {
	service := &cache{failure: fakeserver.RedisUnavailable(time.Second)}
	json, _, err := withCache(t, service).Get(within(t, 60*time.Second), "42", loads("{}"))
	if json != "{}" || err != nil || service.reads != 1 {
		t.Errorf("unavailable: %q, %v after %d reads", json, err, service.reads)
	}
	slow := withCache(t, &cache{replies: []*ephemeralv1.GetCachedUserResponse{elsewhere}},
		ephemeral.WithMaxCacheWait(50*time.Millisecond))
	if json, _, err := slow.Get(within(t, 60*time.Second), "42", loads("{}")); json != "{}" || err != nil {
		t.Errorf("leased elsewhere: %q, %v", json, err)
	}
}

func TestInvalidIDIsNotLoaded(t *testing.T) {
	users := withCache(t, &cache{failure: status.Error(codes.InvalidArgument, "id")})
	_, _, err := users.Get(within(t, 60*time.Second), "a:b", mustNotLoad(t))
	if status.Code(err) != codes.InvalidArgument {
		t.Error(err)
	}
}

func TestStaleUserIsReturnedAndReloaded(t *testing.T) {
	service := &cache{replies: []*ephemeralv1.GetCachedUserResponse{stale}}
	json, _, err := withCache(t, service).Get(within(t, 60*time.Second), "42", loads(`{"new":1}`))
	if json != `{"old":1}` || err != nil {
		t.Errorf("%q, %v", json, err)
	}
	if put := <-service.puts; put.GetJson() != `{"new":1}` {
		t.Errorf("put: %v", put)
	}
}

func TestFailedLoadIsALoadError(t *testing.T) {
	cause := errors.New("no database")
	failing := map[string]ephemeral.Loader{
		"error": func(context.Context, string) (string, bool, error) { return "", false, cause },
		"panic": func(context.Context, string) (string, bool, error) { panic("no database") },
		"slow": func(ctx context.Context, _ string) (string, bool, error) {
			time.Sleep(time.Second)
			return "{}", true, nil
		},
	}
	for name, load := range failing {
		users := withCache(t, &cache{replies: []*ephemeralv1.GetCachedUserResponse{leased}},
			ephemeral.WithLoadDeadline(300*time.Millisecond))
		_, _, err := users.Get(within(t, 60*time.Second), "42", load)
		var failure *ephemeral.LoadError
		if !errors.As(err, &failure) || (name == "error" && !errors.Is(err, cause)) {
			t.Errorf("%s: %v (expected: *ephemeral.LoadError)", name, err)
		}
	}
}

func TestObjectThatIsTooLongIsNotPut(t *testing.T) {
	service := &cache{replies: []*ephemeralv1.GetCachedUserResponse{leased}}
	users := withCache(t, service)
	long := string(make([]byte, 5_121))
	ctx := within(t, 60*time.Second)
	if json, _, err := users.Get(ctx, "42", loads(long)); json != long || err != nil {
		t.Fatal(err)
	}
	if _, _, err := users.Get(ctx, "42", loads("{}")); err != nil {
		t.Fatal(err)
	}
	if put := <-service.puts; put.GetJson() != "{}" {
		t.Error("put the long object")
	}
}
