// Package jitter makes waits random, so that clients that failed at the same moment do not return at the same moment.
package jitter

import (
	"math/rand/v2"
	"time"
)

// UpToAFifthLonger lengthens a delay that the server sent: it must not be shortened.
func UpToAFifthLonger(wait time.Duration) time.Duration {
	return wait + time.Duration(rand.Float64()*float64(wait)/5)
}

// UpToHalfShorter shortens a wait of the client itself.
func UpToHalfShorter(wait time.Duration) time.Duration {
	return wait - time.Duration(rand.Float64()*float64(wait)/2)
}
