package main

import (
	"runtime"
	"sync"
	"time"
)

const (
	// times is how often each goroutine gets it in a run.
	times   = 20
	permits = 10
)

func lock(kind string, m meter) sample {
	return handOff(kind, m, func() sync.Locker { return new(sync.Mutex) })
}

func semaphore(kind string, m meter) sample {
	return handOff(kind, m, func() sync.Locker { return make(permitsLeft, permits) })
}

// permitsLeft is a semaphore, as everybody makes one: a channel with room for so many.
type permitsLeft chan struct{}

func (s permitsLeft) Lock()   { s <- struct{}{} }
func (s permitsLeft) Unlock() { <-s }

func handOff(kind string, m meter, share func() sync.Locker) sample {
	tasks := number(kind)
	return m.batches(tasks*times, func() time.Duration {
		return since(func() { allTake(tasks, share()) })
	})
}

func allTake(tasks int, shared sync.Locker) {
	var all sync.WaitGroup
	all.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func() {
			for i := 0; i < times; i++ {
				shared.Lock()
				runtime.Gosched()
				shared.Unlock()
			}
			all.Done()
		}()
	}
	all.Wait()
}
