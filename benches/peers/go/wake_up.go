package main

import (
	"runtime"
	"time"
)

// A goroutine asks another one, which has a thread of the system to itself.
func wakeUp(kind string, m meter) sample {
	return m.runs(func(count int) time.Duration {
		questions, answers := make(chan struct{}), make(chan struct{}, 1)
		go func() {
			runtime.LockOSThread()
			for range questions {
				answers <- struct{}{}
			}
		}()
		took := since(func() {
			for i := 0; i < count; i++ {
				questions <- struct{}{}
				<-answers
			}
		})
		close(questions)
		return took
	})
}
