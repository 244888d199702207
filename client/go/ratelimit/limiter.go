// Package ratelimit is middleware that limits how often a user may do something: a handler of net/http, and interceptors
// of a gRPC server. The policy of the action is part of the configuration of Ephemeral.
package ratelimit

import (
	"context"
	"time"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
)

// Policy says what happens to a request while Ephemeral is unavailable, overloaded or too slow. A mistake, such as an
// unknown action, a rejected token or a missing right, fails the request whatever the policy.
type Policy int

const (
	// Open lets the request pass. The default.
	Open Policy = iota
	// Closed rejects the request.
	Closed
)

const defaultDeadline = 200 * time.Millisecond

// Checker is what the middleware needs of a client. *ephemeral.Client is one; tests can implement it.
type Checker interface {
	CheckRate(ctx context.Context, user, action string) (*ephemeralv1.CheckRateResponse, error)
}

// Limiter checks one action. Safe for concurrent use.
type Limiter struct {
	client        Checker
	action        string
	onUnavailable Policy
	deadline      time.Duration
	onError       func(error)
	reports       reports
}

// Option is a setting of a Limiter.
type Option func(*Limiter)

// OnUnavailable sets what happens while Ephemeral is unavailable, overloaded or too slow.
func OnUnavailable(policy Policy) Option {
	return func(l *Limiter) { l.onUnavailable = policy }
}

// Deadline sets how long a request waits for Ephemeral, 200 ms by default.
func Deadline(deadline time.Duration) Option {
	return func(l *Limiter) { l.deadline = deadline }
}

// OnError receives why checks failed, at most once a minute for each code and reason. By default slog.Default() logs the
// action, the code and the reason. ephemeral.ErrorOf reads the error.
func OnError(report func(error)) Option {
	return func(l *Limiter) { l.onError = report }
}

// New makes a limiter of an action, the name of a policy of the server.
func New(client Checker, action string, options ...Option) *Limiter {
	l := &Limiter{client: client, action: action, deadline: defaultDeadline, onError: logFailure(action)}
	for _, option := range options {
		option(l)
	}
	return l
}

// Check consumes one hit of the key, a user or an address for example. The key is escaped, so it may have any character.
func (l *Limiter) Check(ctx context.Context, key string) Decision {
	user, err := ephemeral.EscapeID(key)
	if err != nil {
		return Decision{Outcome: InvalidKey, Err: err} // Whatever the policy: the caller chose the key.
	}
	checkCtx, cancel := context.WithTimeout(ctx, l.deadline)
	defer cancel()
	response, err := l.client.CheckRate(checkCtx, user, l.action)
	switch {
	case err != nil:
		failure := ephemeral.ErrorOf(err)
		if ctx.Err() == nil && l.reports.isDue(failure) { // What a request that has ended cancels is no failure.
			l.onError(err)
		}
		return Decision{Outcome: l.outcomeOf(checkCtx, failure), Err: err}
	case response.GetAllowed():
		return Decision{Outcome: Allowed, Response: response}
	default:
		return Decision{Outcome: Denied, Response: response}
	}
}

func (l *Limiter) outcomeOf(ctx context.Context, failure *ephemeral.Error) Outcome {
	switch {
	case !isTrouble(ctx, failure):
		return Failed
	case l.onUnavailable == Open:
		return Unchecked
	default:
		return Unavailable
	}
}
