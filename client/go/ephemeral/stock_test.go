package ephemeral_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/fakeserver"
)

// budget fails as a server without its Redis does, and then answers.
type budget struct {
	ephemeralv1.UnimplementedBudgetServiceServer

	failures int
}

func (b *budget) GetBudget(context.Context, *ephemeralv1.GetBudgetRequest) (*ephemeralv1.GetBudgetResponse, error) {
	if b.failures > 0 {
		b.failures--
		return nil, fakeserver.RedisUnavailable(time.Millisecond)
	}
	return &ephemeralv1.GetBudgetResponse{}, nil
}

func TestServiceConfigRetriesReadsOfAPlainConnection(t *testing.T) {
	service := &budget{failures: 2}
	target := fakeserver.Start(t, func(server *grpc.Server) { ephemeralv1.RegisterBudgetServiceServer(server, service) })
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(ephemeralv1.ServiceConfig))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = ephemeralv1.NewBudgetServiceClient(conn).GetBudget(within(t, time.Minute), &ephemeralv1.GetBudgetRequest{})
	if err != nil {
		t.Error(err)
	}
}
