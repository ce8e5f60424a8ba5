package main

import (
	"reflect"
	"time"
)

// A `select` has as many cases as its text: for a number that is not known, there is that of package reflect.
func wait(kind string, m meter) sample {
	size := number(kind)
	return m.runs(func(count int) time.Duration {
		return since(func() { waits(size, count) })
	})
}

func waits(size, count int) {
	channels := make([]chan struct{}, size)
	cases := make([]reflect.SelectCase, size)
	renew := func(at int) {
		channels[at] = make(chan struct{}, 1)
		cases[at] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(channels[at])}
	}
	for at := range channels {
		renew(at)
	}
	for turn := 0; turn < count; turn++ {
		at := turn % size
		go func(first chan struct{}) { first <- struct{}{} }(channels[at])
		if chosen, _, _ := reflect.Select(cases); chosen != at {
			panic("another one is done")
		}
		renew(at)
	}
}
