package main

import (
	"sync"
	"time"
)

func channel(kind string, m meter) sample {
	if kind == "stream" {
		return m.runs(stream)
	}
	s := m.runs(pingPong)
	// Each round is two messages.
	s.value /= 2
	return s
}

func stream(messages int) time.Duration {
	queue := make(chan int64, 128)
	return together(
		func() {
			for i := 0; i < messages; i++ {
				queue <- int64(i)
			}
		},
		func() {
			for i := 0; i < messages; i++ {
				<-queue
			}
		},
	)
}

func pingPong(rounds int) time.Duration {
	there, back := make(chan int64, 1), make(chan int64, 1)
	return together(
		func() {
			for i := 0; i < rounds; i++ {
				there <- int64(i)
				<-back
			}
		},
		func() {
			for i := 0; i < rounds; i++ {
				back <- <-there
			}
		},
	)
}

func together(bodies ...func()) time.Duration {
	return since(func() {
		var all sync.WaitGroup
		all.Add(len(bodies))
		for _, body := range bodies {
			go func(body func()) {
				body()
				all.Done()
			}(body)
		}
		all.Wait()
	})
}
