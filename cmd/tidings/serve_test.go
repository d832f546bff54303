package main

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"
)

// A request that never ends must neither keep the program from stopping nor make
// it say that it failed.
func TestStoppingCutsOffWhoIsSlow(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, cut := make(chan bool), make(chan bool)
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
		close(cut)
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, slow, 50*time.Millisecond) }()
	go func() {
		if r, err := http.Get("http://" + l.Addr().String()); err == nil {
			_ = r.Body.Close()
		}
	}()
	<-asked
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("stopped with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("does not stop")
	}
	<-cut
}
