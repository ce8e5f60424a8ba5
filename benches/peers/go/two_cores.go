package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// How many goroutines there are for each of two processors, and how often each yields.
	tasksEach  = 100
	yieldsEach = 5000
)

func twoCores(_ string, m meter) sample {
	return m.batches(tasksEach*yieldsEach, yieldOnTwo)
}

// yieldOnTwo returns how long it takes from when all have started until all have ended.
func yieldOnTwo() time.Duration {
	const tasks = 2 * tasksEach
	var started, open int64
	var all sync.WaitGroup
	all.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func() {
			atomic.AddInt64(&started, 1)
			for atomic.LoadInt64(&open) == 0 {
				runtime.Gosched()
			}
			inlined(yieldsEach)
			all.Done()
		}()
	}
	for atomic.LoadInt64(&started) < tasks {
		time.Sleep(50 * time.Microsecond)
	}
	return since(func() {
		atomic.StoreInt64(&open, 1)
		all.Wait()
	})
}
