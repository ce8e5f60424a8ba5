package main

import (
	"sync"
	"time"
)

// Goroutines return nothing: each writes its result where it belongs.
func gather(kind string, m meter) sample {
	size := number(kind)
	return m.batches(size, func() time.Duration {
		return since(func() {
			results := make([]int, size)
			var all sync.WaitGroup
			all.Add(size)
			for i := range results {
				go func(i int) {
					results[i] = i
					all.Done()
				}(i)
			}
			all.Wait()
			sum := 0
			for _, result := range results {
				sum += result
			}
			if sum != size*(size-1)/2 {
				panic("a result is missing")
			}
		})
	})
}
