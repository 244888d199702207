package ephemeral_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/fakeserver"
)

// rooms lets the test play the server of each stream of Subscribe, in the order in which they are opened.
type rooms struct {
	ephemeralv1.UnimplementedBroadcastServiceServer

	streams chan *roomStream
}

type roomStream struct {
	grpc.BidiStreamingServer[ephemeralv1.SubscribeRequest, ephemeralv1.SubscribeResponse]
	end chan error
}

func (r *rooms) Subscribe(
	server grpc.BidiStreamingServer[ephemeralv1.SubscribeRequest, ephemeralv1.SubscribeResponse]) error {
	s := &roomStream{server, make(chan error, 1)}
	r.streams <- s
	select {
	case err := <-s.end:
		return err
	case <-server.Context().Done():
		return server.Context().Err()
	}
}

func (s *roomStream) send(t *testing.T, response *ephemeralv1.SubscribeResponse) {
	t.Helper()
	if err := s.Send(response); err != nil {
		t.Fatal(err)
	}
}

// acknowledge receives the rooms and acknowledges them.
func (s *roomStream) acknowledge(t *testing.T, expected ...string) {
	t.Helper()
	request, err := s.Recv()
	if err != nil || !slices.Equal(request.GetAddRoomIds(), expected) {
		t.Fatalf("%v, %v (expected: %v added)", request, err, expected)
	}
	s.send(t, &ephemeralv1.SubscribeResponse{Event: &ephemeralv1.SubscribeResponse_Subscribed{
		Subscribed: &ephemeralv1.BroadcastSubscribed{RoomIds: expected},
	}})
}

func (s *roomStream) message(t *testing.T, id int) {
	t.Helper()
	s.send(t, &ephemeralv1.SubscribeResponse{Event: &ephemeralv1.SubscribeResponse_Message{
		Message: &ephemeralv1.BroadcastMessage{
			RoomId: "kitchen", SenderId: "bob", MessageId: fmt.Sprint(id), Payload: []byte{byte(id)},
		},
	}})
}

func (s *roomStream) draining(t *testing.T) {
	t.Helper()
	s.send(t, &ephemeralv1.SubscribeResponse{Event: &ephemeralv1.SubscribeResponse_Draining{
		Draining: &ephemeralv1.BroadcastDraining{TimeLeft: durationpb.New(time.Minute)},
	}})
}

func subscribe(t *testing.T) (*rooms, *ephemeral.Watch[ephemeral.MessageEvent]) {
	t.Helper()
	service := &rooms{streams: make(chan *roomStream)}
	target := fakeserver.Start(t, func(server *grpc.Server) {
		ephemeralv1.RegisterBroadcastServiceServer(server, service)
	})
	watch, err := newClient(t, target).Subscribe(within(t, time.Minute), "kitchen")
	if err != nil {
		t.Fatal(err)
	}
	return service, watch
}

func expect[E any](t *testing.T, events <-chan E, expected ...string) {
	t.Helper()
	for _, text := range expected {
		event, ok := <-events
		for isDisconnected(event) {
			event, ok = <-events
		}
		if got := fmt.Sprintf("%T%+v", event, event); !ok || got != "ephemeral."+text {
			t.Fatalf("%s (expected: ephemeral.%s)", got, text)
		}
	}
}

func isDisconnected(event any) bool {
	_, ok := event.(ephemeral.Disconnected)
	return ok
}

func message(id int) string {
	return fmt.Sprintf("Message{Room:kitchen Sender:bob Payload:[%d]}", id)
}

func TestBrokenSubscriptionReportsAGap(t *testing.T) {
	service, watch := subscribe(t)
	first := <-service.streams
	first.acknowledge(t, "kitchen")
	first.message(t, 1)
	expect(t, watch.Events(), "Subscribed{Rooms:[kitchen]}", message(1))
	first.end <- fakeserver.RedisUnavailable(time.Millisecond)
	expect(t, watch.Events(), "Stale{}")

	second := <-service.streams
	second.acknowledge(t, "kitchen")
	second.message(t, 2)
	expect(t, watch.Events(), "Gap{Room: Lost:-1}", "Subscribed{Rooms:[kitchen]}", "Resynced{}", message(2))
}

func TestDrainedSubscriptionMovesWithoutALostMessage(t *testing.T) {
	service, watch := subscribe(t)
	first := <-service.streams
	first.acknowledge(t, "kitchen")
	expect(t, watch.Events(), "Subscribed{Rooms:[kitchen]}")
	first.draining(t)

	second := <-service.streams
	first.message(t, 1)
	expect(t, watch.Events(), message(1))
	second.acknowledge(t, "kitchen")
	if _, err := first.Recv(); err != io.EOF {
		t.Fatalf("%v (expected: the client half-closes the stream)", err)
	}
	second.message(t, 3) // Both streams deliver 3. What the first one delivers comes first.
	second.message(t, 4)
	select {
	case event := <-watch.Events():
		t.Fatalf("%+v before the end of the first stream", event)
	case <-time.After(100 * time.Millisecond):
	}
	first.message(t, 2)
	first.message(t, 3)
	first.end <- nil
	expect(t, watch.Events(), message(2), message(3), message(4))
	second.message(t, 5)
	expect(t, watch.Events(), message(5))
	if err := watch.Add("hall"); err != nil {
		t.Fatal(err)
	}
	second.acknowledge(t, "hall")
	expect(t, watch.Events(), "Subscribed{Rooms:[hall]}")
}

func TestSlowReaderStopsTheStream(t *testing.T) {
	service, watch := subscribe(t)
	stream := <-service.streams
	stream.acknowledge(t, "kitchen")
	sent := make(chan int, 1)
	go func() { // Until flow control stops it, far before this many.
		payload := make([]byte, 65_536)
		for i := range 10_000 {
			err := stream.Send(&ephemeralv1.SubscribeResponse{Event: &ephemeralv1.SubscribeResponse_Message{
				Message: &ephemeralv1.BroadcastMessage{RoomId: "kitchen", SenderId: "bob", Payload: payload},
			}})
			if err != nil {
				sent <- i
				return
			}
		}
		sent <- 10_000
	}()
	time.Sleep(300 * time.Millisecond) // Time for the sender to run ahead.
	watch.Close()
	if n := <-sent; n == 10_000 {
		t.Error("all messages were buffered")
	}
}

func TestClosedWatchEndsItsEvents(t *testing.T) {
	_, watch := subscribe(t)
	watch.Close()
	if event, ok := <-watch.Events(); ok {
		t.Error(event)
	}
	if err := watch.Add("hall"); err == nil {
		t.Error("added to a closed watch")
	}
}

func TestInvalidIDIsNotWatched(t *testing.T) {
	_, watch := subscribe(t)
	if err := watch.Add("hall", "a:b"); err == nil {
		t.Error("no error")
	}
}

// users lets the test play the server of each stream of WatchPresence.
type users struct {
	ephemeralv1.UnimplementedPresenceServiceServer

	streams    chan grpc.BidiStreamingServer[ephemeralv1.WatchPresenceRequest, ephemeralv1.WatchPresenceResponse]
	end        chan error
	heartbeats chan *ephemeralv1.StreamHeartbeatsRequest
	offline    chan *ephemeralv1.SetOfflineRequest
}

func (u *users) WatchPresence(
	server grpc.BidiStreamingServer[ephemeralv1.WatchPresenceRequest, ephemeralv1.WatchPresenceResponse]) error {
	u.streams <- server
	select {
	case err := <-u.end:
		return err
	case <-server.Context().Done():
		return server.Context().Err()
	}
}

func presence(t *testing.T) (*users, *ephemeral.Client) {
	t.Helper()
	service := &users{
		streams: make(chan grpc.BidiStreamingServer[
			ephemeralv1.WatchPresenceRequest, ephemeralv1.WatchPresenceResponse]),
		end:        make(chan error),
		heartbeats: make(chan *ephemeralv1.StreamHeartbeatsRequest, 100),
		offline:    make(chan *ephemeralv1.SetOfflineRequest, 100),
	}
	target := fakeserver.Start(t, func(server *grpc.Server) {
		ephemeralv1.RegisterPresenceServiceServer(server, service)
	})
	return service, newClient(t, target)
}

func TestBrokenStreamHasACause(t *testing.T) {
	service, client := presence(t)
	watch, err := client.WatchPresence(within(t, time.Minute), "alice")
	if err != nil {
		t.Fatal(err)
	}
	<-service.streams
	service.end <- fakeserver.Failure(codes.Unauthenticated, ephemeralv1.ErrorReason_ERROR_REASON_UNAUTHENTICATED)
	event, ok := (<-watch.Events()).(ephemeral.Disconnected)
	if !ok || event.Cause.Code != codes.Unauthenticated ||
		event.Cause.Reason != ephemeralv1.ErrorReason_ERROR_REASON_UNAUTHENTICATED {
		t.Errorf("%+v", event)
	}
	expect(t, watch.Events(), "Stale{}")
	<-service.streams
	service.end <- fakeserver.RedisUnavailable(time.Millisecond)
	if event, ok := (<-watch.Events()).(ephemeral.Disconnected); !ok || event.Cause.Code != codes.Unavailable {
		t.Errorf("%+v (expected: the cause of each attempt)", event)
	}
}

func snapshot(states ...*ephemeralv1.PresenceState) *ephemeralv1.WatchPresenceResponse {
	return &ephemeralv1.WatchPresenceResponse{Event: &ephemeralv1.WatchPresenceResponse_Snapshot{
		Snapshot: &ephemeralv1.PresenceSnapshot{Users: states},
	}}
}

func TestReconnectedWatchReportsChangesOnly(t *testing.T) {
	service, client := presence(t)
	watch, err := client.WatchPresence(within(t, time.Minute), "alice", "bob")
	if err != nil {
		t.Fatal(err)
	}
	first := <-service.streams
	_ = first.Send(snapshot(
		&ephemeralv1.PresenceState{UserId: "alice", Online: true, Version: 1},
		&ephemeralv1.PresenceState{UserId: "bob", Version: 1}))
	expect(t, watch.Events(), "Online{User:alice}", "Offline{User:bob}")
	service.end <- fakeserver.RedisUnavailable(time.Millisecond)
	expect(t, watch.Events(), "Stale{}")

	second := <-service.streams
	_ = second.Send(snapshot(
		&ephemeralv1.PresenceState{UserId: "alice", Online: true, Version: 2},
		&ephemeralv1.PresenceState{UserId: "bob", Online: true, Version: 2}))
	expect(t, watch.Events(), "Online{User:bob}", "Resynced{}")
}
