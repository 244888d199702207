package ratelimit

import (
	"maps"
	"net"
	"net/http"
)

// HTTP limits a handler. The key of a request is what is limited: the user, or RemoteIP. A request that does not pass gets
// the status 429 with Retry-After, 503 if Ephemeral is unavailable and the policy is Closed, 400 if its key is invalid, or
// 500 if the check failed because of a mistake.
func (l *Limiter) HTTP(key func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		decision := l.Check(r.Context(), key(r))
		maps.Copy(w.Header(), decision.Header())
		if !decision.Passes() {
			http.Error(w, http.StatusText(decision.Status()), decision.Status())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// RemoteIP returns the address of the peer. Behind a proxy it is that of the proxy.
func RemoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
