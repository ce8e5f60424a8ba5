package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// A goroutine can only be asked to end: by a context, on which it waits beside its timer.
func cancelTasks(kind string, m meter) sample {
	size := number(kind)
	return m.batches(size, func() time.Duration { return cancelAll(size) })
}

func cancelAll(size int) time.Duration {
	cancels := make([]context.CancelFunc, size)
	ends := make([]chan error, size)
	var started int64
	for i := range cancels {
		ctx, cancel := context.WithCancel(context.Background())
		cancels[i], ends[i] = cancel, make(chan error, 1)
		go func(end chan error) {
			atomic.AddInt64(&started, 1)
			end <- sleep(ctx, time.Hour)
		}(ends[i])
	}
	for atomic.LoadInt64(&started) < int64(size) {
		runtime.Gosched()
	}
	return since(func() {
		for _, cancel := range cancels {
			cancel()
		}
		for _, end := range ends {
			if <-end != context.Canceled {
				panic("it was not cancelled")
			}
		}
	})
}

func sleep(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		timer.Stop()
		return ctx.Err()
	}
}
