package retry

import (
	"sync/atomic"

	"google.golang.org/grpc/codes"
)

const (
	fullTenths        = 1_000
	unavailableTenths = -10
	succeededTenths   = 1
)

// throttle stops retries while servers are down. It starts full at 100, loses 1 for each UNAVAILABLE and gains 0.1 for
// each success; retries are allowed while it is more than half full. The rule is that of gRFC A6. Safe for concurrent
// use.
type throttle struct {
	missingTenths atomic.Int32
}

func (t *throttle) record(code codes.Code) {
	switch code {
	case codes.OK:
		t.add(-succeededTenths)
	case codes.Unavailable:
		t.add(-unavailableTenths)
	}
}

func (t *throttle) allowsRetry() bool {
	return t.missingTenths.Load() < fullTenths/2
}

func (t *throttle) add(missing int32) {
	for {
		now := t.missingTenths.Load()
		next := min(max(now+missing, 0), fullTenths)
		if next == now || t.missingTenths.CompareAndSwap(now, next) {
			return
		}
	}
}
