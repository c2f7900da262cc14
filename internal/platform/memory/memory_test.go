package memory

import (
	"context"
	"runtime/debug"
	"testing"
	"time"
)

var sink [][]byte

func TestWhatABurstLeftIsGivenBack(t *testing.T) {
	// The collector must not have tidied up by itself.
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { GiveBack(ctx); close(ended) }()
	for range 64 {
		b := make([]byte, 4<<20)
		for i := range b {
			b[i] = 1
		}
		sink = append(sink, b)
	}
	burst := read().held
	sink = nil
	for end := time.Now().Add(time.Minute); read().held > burst/2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a minute after the burst %d of %d bytes are still held", read().held, burst)
		}
	}
	stop()
	<-ended
}
