package main

import (
	"sync"
	"time"
)

const batch = 1000

func spawn(kind string, m meter) sample {
	if kind == "one-by-one" {
		return m.runs(func(count int) time.Duration {
			return since(func() {
				for i := 0; i < count; i++ {
					spawnAndJoin(1)
				}
			})
		})
	}
	return m.batches(batch, func() time.Duration {
		return since(func() { spawnAndJoin(batch) })
	})
}

// A goroutine has no handle: they are joined by a WaitGroup, as everybody does.
func spawnAndJoin(tasks int) {
	var all sync.WaitGroup
	all.Add(tasks)
	for i := 0; i < tasks; i++ {
		go all.Done()
	}
	all.Wait()
}
