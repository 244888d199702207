// Command login is a web server whose login accepts 5 attempts a minute of each user, and 503 while the limit cannot be
// checked. With a server on localhost:9090:
//
//	EPHEMERAL_CLIENT_TARGET=localhost:9090 EPHEMERAL_CLIENT_PLAINTEXT=true go run ./examples/login
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ratelimit"
)

func main() {
	client, err := ephemeral.FromEnvironment()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	limiter := ratelimit.New(client, "login_attempts",
		ratelimit.OnUnavailable(ratelimit.Closed),
		ratelimit.OnError(func(err error) { log.Print(err) }))
	user := func(r *http.Request) string { return r.FormValue("user") }
	http.Handle("POST /login", limiter.HTTP(user, http.HandlerFunc(logIn)))

	address := "localhost:8080"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

func logIn(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("password") != "correct" {
		http.Error(w, "Wrong password", http.StatusUnauthorized)
		return
	}
	fmt.Fprintf(w, "Welcome, %s\n", r.FormValue("user"))
}
