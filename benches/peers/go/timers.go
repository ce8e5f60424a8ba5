package main

import (
	"math/rand"
	"sync"
	"time"
)

const sleeps = 1_000_000

func timers(kind string, _ meter) sample {
	if kind == "warm" {
		sleepAll()
	}
	before := processorTime()
	sleepAll()
	return sample{float64(processorTime()-before) / sleeps, 0}
}

func sleepAll() {
	random := rand.New(rand.NewSource(1))
	var all sync.WaitGroup
	all.Add(sleeps)
	for i := 0; i < sleeps; i++ {
		delay := time.Duration(random.Int63n(int64(time.Second)))
		go func() {
			time.Sleep(delay)
			all.Done()
		}()
	}
	all.Wait()
}
