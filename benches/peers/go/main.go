// The contestants that are goroutines, on one processor (GOMAXPROCS=1) or two. The program takes
// one sample: question, case and, for shorter samples, "quick".
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	question, kind := os.Args[1], os.Args[2]
	m := meter{budget: 2 * mostRuns * runTime}
	if len(os.Args) > 3 {
		m.budget = 10 * runTime
	}
	contestants := map[string]func(string, meter) sample{
		"switch":               switchTasks,
		"two-cores":            twoCores,
		"spawn":                spawn,
		"gather":               gather,
		"wait":                 wait,
		"cancel":               cancelTasks,
		"lock":                 lock,
		"semaphore":            semaphore,
		"channel":              channel,
		"timers":               timers,
		"wake-up":              wakeUp,
		"idle-memory":          idleMemory,
		"echo":                 echo,
		"latency":              echo,
		"idle-connections":     echo,
		"services-http-server": items,
	}
	s := contestants[question](kind, m)
	fmt.Println(s.value, s.foreign)
}

// number returns the number in a case's name, such as "tasks=100 inlined".
func number(kind string) int {
	_, rest, _ := strings.Cut(kind, "=")
	digits, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic(err)
	}
	return n
}

// since returns what `work` takes.
func since(work func()) time.Duration {
	start := time.Now()
	work()
	return time.Since(start)
}
