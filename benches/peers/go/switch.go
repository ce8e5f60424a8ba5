package main

import (
	"runtime"
	"strings"
	"sync"
	"time"
)

//go:noinline
func helper() {
	runtime.Gosched()
}

func inlined(yields int) {
	for i := 0; i < yields; i++ {
		// To the end of the queue that all processors share, under its lock.
		runtime.Gosched()
	}
}

func helped(yields int) {
	for i := 0; i < yields; i++ {
		helper()
	}
}

// switchTasks is "switch", which is a keyword here.
func switchTasks(kind string, m meter) sample {
	tasks := number(kind)
	yields := 40_000 / tasks
	if yields < 200 {
		yields = 200
	}
	body := inlined
	if strings.HasSuffix(kind, "helper") {
		body = helped
	}
	return m.batches(tasks*yields, func() time.Duration {
		return allYield(tasks, func() { body(yields) })
	})
}

func allYield(tasks int, body func()) time.Duration {
	var all sync.WaitGroup
	all.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func() {
			body()
			all.Done()
		}()
	}
	// So that they have started.
	runtime.Gosched()
	return since(all.Wait)
}
