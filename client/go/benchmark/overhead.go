// Command benchmark prints how many CheckRate calls a second this client makes, divided by those of the bare stub, in
// alternating rounds of the same work against one server:
//
//	benchmark [TARGET [ROUNDS [SECONDS]]]
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

const callers = 16

func main() {
	target := "localhost:9090"
	if len(os.Args) > 1 {
		target = os.Args[1]
	}
	rounds, seconds := argument(2, 5), argument(3, 3)

	client, err := ephemeral.New(target, ephemeral.WithPlaintext())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	stubs := map[string]ephemeralv1.RateLimitServiceClient{
		"bare stub":   ephemeralv1.NewRateLimitServiceClient(conn),
		"this client": client.RateLimits(),
	}

	rates := map[string][]float64{}
	for round := range rounds + 1 {
		for _, name := range []string{"bare stub", "this client"} {
			rate := measure(stubs[name], time.Duration(seconds)*time.Second)
			if round == 0 {
				continue // Warms the server up.
			}
			rates[name] = append(rates[name], rate)
			fmt.Printf("%-11s %8.0f calls/s\n", name, rate)
		}
	}
	fmt.Printf("ratio of the medians: %.3f\n", median(rates["this client"])/median(rates["bare stub"]))
}

func measure(stub ephemeralv1.RateLimitServiceClient, duration time.Duration) float64 {
	var calls atomic.Int64
	var running sync.WaitGroup
	begin := time.Now()
	for caller := range callers {
		running.Add(1)
		go func() {
			defer running.Done()
			for i := 0; time.Since(begin) < duration; i++ {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				_, err := stub.CheckRate(ctx, &ephemeralv1.CheckRateRequest{
					UserId:    fmt.Sprintf("benchmark-%d-%d", caller, i%100),
					Action:    "api_hits",
					RequestId: ephemeral.NewRequestID(),
				})
				cancel()
				if err != nil {
					log.Fatal(err)
				}
				calls.Add(1)
			}
		}()
	}
	running.Wait()
	return float64(calls.Load()) / time.Since(begin).Seconds()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func argument(index, otherwise int) int {
	if len(os.Args) <= index {
		return otherwise
	}
	value, err := strconv.Atoi(os.Args[index])
	if err != nil || value < 1 {
		log.Fatalf("argument %d: %q (expected: a positive number)", index, os.Args[index])
	}
	return value
}
