// Package client holds the Go client of Ephemeral: package ephemeral is the client, package ratelimit the middleware, and
// package ephemeralv1 the code that is generated from the contract.
package client

// The generated code is not kept in the repository.
//go:generate go -C tools run ./generate ../../../proto/src/main/proto ../../service-config.json ..
