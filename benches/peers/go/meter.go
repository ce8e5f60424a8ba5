// The twin of measuring/meter.rs: takes the time of a contestant.
package main

import (
	"syscall"
	"time"
)

const (
	runTime    = 2 * time.Millisecond
	mostRuns   = 40
	fewestRuns = 3
)

type sample struct {
	value float64
	// The share of the time in which the processor worked for somebody else.
	foreign float64
}

type meter struct {
	// How long a contestant may take after the fewest runs.
	budget time.Duration
}

// runs returns the nanoseconds of one operation, of which `run` does as many as it is told.
func (m meter) runs(run func(count int) time.Duration) sample {
	count := calibrate(run)
	start := time.Now()
	best := timed(run, count)
	for runs := 1; runs < mostRuns; runs++ {
		if runs >= fewestRuns && time.Since(start) > m.budget {
			break
		}
		if s := timed(run, count); s.value < best.value {
			best = s
		}
	}
	return best
}

// batches returns the nanoseconds of one operation, of which a batch has `size`.
func (m meter) batches(size int, batch func() time.Duration) sample {
	s := m.runs(func(count int) (sum time.Duration) {
		for i := 0; i < count; i++ {
			sum += batch()
		}
		return
	})
	s.value /= float64(size)
	return s
}

func calibrate(run func(int) time.Duration) int {
	for count := 1; ; count *= 2 {
		if took := run(count); took >= runTime/2 {
			fitting := int(float64(count) * float64(runTime) / float64(took))
			if fitting < 1 {
				return 1
			}
			return fitting
		}
	}
}

func timed(run func(int) time.Duration, count int) sample {
	wall, cpu := time.Now(), processorTime()
	took := run(count)
	foreign := 1 - float64(processorTime()-cpu)/float64(time.Since(wall))
	if foreign < 0 {
		foreign = 0
	}
	return sample{float64(took) / float64(count), foreign}
}

// processorTime returns how long the processor has worked for this process.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
