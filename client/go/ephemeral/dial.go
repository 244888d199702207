package ephemeral

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/flowhub/ephemeral/client/go/internal/retry"
)

const (
	keepAliveTimeout = 5 * time.Second
	connectTimeout   = 5 * time.Second

	// Holds a response with 1,000 objects of 5 KB, the largest that the service sends.
	maxResponseBytes = 8 << 20
	// What waits in this process for a slow reader of one stream.
	streamWindowBytes = 1 << 20
	connWindowBytes   = 8 << 20
)

// With the slash, because localhost:9090 also looks like a URI with a scheme.
var hasScheme = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:/`)

const targetRule = "host:port, or several separated by commas, with ports from 1 to 65,535 and IPv6 as [::1]:port; or a " +
	"target of gRPC such as dns:///host:port"

func (s *settings) dial(target string) (*grpc.ClientConn, error) {
	servers, err := parseTarget(target)
	if err != nil {
		return nil, fmt.Errorf("ephemeral: target: %w", err)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(s.transport),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`),
		grpc.WithDisableServiceConfig(), // A DNS record must not decide what is retried.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: s.keepAlive, Timeout: keepAliveTimeout, PermitWithoutStream: true,
		}),
		// While no server is reachable, calls fail at once, and the client tries to connect every 1 to 2 s. Random, so that
		// the clients of a restarted server do not connect at the same moment.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: time.Second, Multiplier: 1.5, Jitter: 0.3, MaxDelay: 1_500 * time.Millisecond},
			MinConnectTimeout: connectTimeout,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxResponseBytes)),
		grpc.WithInitialWindowSize(streamWindowBytes),
		grpc.WithInitialConnWindowSize(connWindowBytes),
	}
	// The interceptors of the application receive a call first, and the error that the caller receives.
	options = append(options, s.dialOptions...)
	options = append(options, grpc.WithChainUnaryInterceptor(
		errorInterceptor, deadlineInterceptor(s.deadline), retry.NewInterceptor()))
	if s.token != nil {
		if s.isPlaintext && !s.isClearTextToken && !areLoopback(servers) {
			return nil, fmt.Errorf("ephemeral: token: the connection to %q is not encrypted (expected: TLS, a loopback "+
				"address, or WithClearTextToken)", target)
		}
		options = append(options, grpc.WithPerRPCCredentials(bearerToken{s.token, !s.isPlaintext}))
	}
	if len(servers) > 1 {
		list := manual.NewBuilderWithScheme("ephemeral-servers")
		list.InitialState(stateOf(servers))
		return grpc.NewClient(list.Scheme()+":///"+servers[0], append(options, grpc.WithResolvers(list))...)
	}
	if hasScheme.MatchString(servers[0]) {
		return grpc.NewClient(servers[0], options...)
	}
	return grpc.NewClient("dns:///"+servers[0], options...)
}

// parseTarget returns the servers of a list, or the one target of gRPC.
func parseTarget(target string) ([]string, error) {
	servers := []string{target}
	isValid := isOfRegisteredScheme
	if !hasScheme.MatchString(target) {
		servers = strings.Split(target, ",")
		isValid = isHostAndPort
	}
	for i, server := range servers {
		servers[i] = strings.TrimSpace(server)
		if !isValid(servers[i]) {
			return nil, fmt.Errorf("%q (expected: %s)", target, targetRule)
		}
	}
	return servers, nil
}

func isHostAndPort(server string) bool {
	host, port, err := net.SplitHostPort(server)
	if err != nil || host == "" || strings.ContainsAny(host, "/@?#, \t") {
		return false
	}
	if strings.HasPrefix(server, "[") {
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() {
			return false
		}
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0
}

// isOfRegisteredScheme: gRPC takes a target of another scheme, such as http, for a name in the DNS.
func isOfRegisteredScheme(target string) bool {
	parsed, err := url.Parse(target)
	if err != nil || resolver.Get(parsed.Scheme) == nil {
		return false
	}
	name := strings.TrimPrefix(parsed.Path, "/")
	return parsed.Scheme != "dns" || isHostAndPort(name) || (name != "" && !strings.ContainsAny(name, ":,"))
}

// stateOf gives each server the name that its certificate has to have.
func stateOf(servers []string) resolver.State {
	var state resolver.State
	for _, server := range servers {
		host, _, _ := net.SplitHostPort(server)
		address := resolver.Address{Addr: server, ServerName: host}
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{address}})
	}
	return state
}

func areLoopback(servers []string) bool {
	for _, server := range servers {
		host, _, err := net.SplitHostPort(hasScheme.ReplaceAllString(server, ""))
		ip := net.ParseIP(strings.TrimLeft(host, "/"))
		if err != nil || (strings.TrimLeft(host, "/") != "localhost" && (ip == nil || !ip.IsLoopback())) {
			return false
		}
	}
	return true
}

// deadlineInterceptor sets a deadline on each unary call that has none.
func deadlineInterceptor(deadline time.Duration) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		if _, ok := ctx.Deadline(); !ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, deadline)
			defer cancel()
		}
		return invoke(ctx, method, request, reply, conn, options...)
	}
}
