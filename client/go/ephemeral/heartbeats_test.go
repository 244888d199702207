package ephemeral_test

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

// StreamHeartbeats accepts all heartbeats but those of "bad", which is the id of no user.
func (u *users) StreamHeartbeats(
	server grpc.BidiStreamingServer[ephemeralv1.StreamHeartbeatsRequest, ephemeralv1.StreamHeartbeatsResponse]) error {
	for {
		frame, err := server.Recv()
		if err != nil {
			return err
		}
		u.heartbeats <- frame
		response := &ephemeralv1.StreamHeartbeatsResponse{
			Sequence: frame.GetSequence(), NextIn: durationpb.New(200 * time.Millisecond),
			ExpiresIn: durationpb.New(time.Minute),
		}
		for i, heartbeat := range frame.GetHeartbeats() {
			if heartbeat.GetUserId() == "bad" {
				response.Rejected = append(response.Rejected, &ephemeralv1.RejectedHeartbeat{
					Index: int32(len(frame.GetUserIds()) + i), ErrorReason: "ERROR_REASON_INVALID_FIELD", Message: "id",
				})
			} else {
				response.CameOnline = append(response.CameOnline, heartbeat.GetUserId())
			}
		}
		if err := server.Send(response); err != nil {
			return err
		}
	}
}

func (u *users) SetOffline(_ context.Context, request *ephemeralv1.SetOfflineRequest) (
	*ephemeralv1.SetOfflineResponse, error) {
	u.offline <- request
	return &ephemeralv1.SetOfflineResponse{WentOffline: true}, nil
}

func TestHeartbeatsGoOnAndEndWithSetOffline(t *testing.T) {
	service, client := presence(t)
	heartbeats, err := client.Heartbeats(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	heartbeats.Add("alice", "phone")
	expect(t, heartbeats.Events(), "CameOnline{User:alice}")
	for range 3 {
		frame := <-service.heartbeats
		if frame.GetHeartbeats()[0].GetUserId() != "alice" || frame.GetHeartbeats()[0].GetConnectionId() != "phone" {
			t.Fatal(frame)
		}
	}
	heartbeats.Remove("alice", "phone")
	if request := <-service.offline; request.GetUserId() != "alice" || request.GetConnectionId() != "phone" {
		t.Error(request)
	}
}

func TestUnreadEventsDelayNoHeartbeat(t *testing.T) {
	service, client := presence(t)
	heartbeats, err := client.Heartbeats(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	heartbeats.Add("alice", "phone")
	heartbeats.Add("bob", "phone")
	for range 5 {
		<-service.heartbeats
	}
}

func TestInvalidUserIsRejectedOnce(t *testing.T) {
	service, client := presence(t)
	heartbeats, err := client.Heartbeats(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	heartbeats.Add("bad", "phone")
	expect(t, heartbeats.Events(), "Rejected{User:bad Reason:ERROR_REASON_INVALID_FIELD Message:id}")
	<-service.heartbeats
	heartbeats.Add("alice", "phone")
	for range 3 {
		if frame := <-service.heartbeats; len(frame.GetHeartbeats()) != 1 || frame.GetHeartbeats()[0].GetUserId() != "alice" {
			t.Error(frame)
		}
	}
}

func TestRemoveAllSetsAllOffline(t *testing.T) {
	service, client := presence(t)
	heartbeats, err := client.Heartbeats(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	heartbeats.Add("alice", "phone")
	heartbeats.Add("bob", "laptop")
	<-service.heartbeats
	if err := heartbeats.RemoveAll(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if len(service.offline) != 2 {
		t.Errorf("calls: %d (expected: 2)", len(service.offline))
	}
}

func TestHeartbeatsWithoutAServerHaveACause(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	heartbeats, err := newClient(t, listener.Addr().String()).Heartbeats(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	event, ok := (<-heartbeats.Events()).(ephemeral.Disconnected)
	if !ok || event.Cause.Code != codes.Unavailable {
		t.Errorf("%+v", event)
	}
}
