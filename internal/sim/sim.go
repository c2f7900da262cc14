// Package sim is the living demo: an invented carrier with its fleet, brokers,
// a year behind it and work going on today. It is a client of /v1 like any
// other, knows nothing of the program's insides, and keeps nothing on disk:
// after a restart it reads from the API where everything stands. What it
// invents follows from a seed.
package sim

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"truckflow/internal/kit/clock"
)

// Config says whom to simulate, where, and how much.
type Config struct {
	URL, Email, Password string // the server, and a sign-in that may do everything
	Seed                 int64
	Trucks               int // 0: 40
	Drivers              int // 0: 50; at least one for each truck
	Brokers              int // 0: 15
	HistoryWeeks         int // how far back the past goes; 0: 52, about 8,000 loads
	Log                  *slog.Logger
	Clock                clock.Clock
	Speed                float64 // simulated seconds in a real second of live work; 0: 60
}

func (c Config) filled() Config {
	def := func(v *int, n int) {
		if *v <= 0 {
			*v = n
		}
	}
	def(&c.Trucks, 40)
	def(&c.Drivers, 50)
	def(&c.Brokers, 15)
	def(&c.HistoryWeeks, 52)
	c.Drivers = max(c.Drivers, c.Trucks)
	if c.Speed <= 0 {
		c.Speed = 60
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System
	}
	return c
}

// carrier is the invented company as the API knows it.
type carrier struct {
	trucks   []wireTruck
	trailers []wireTrailer
	payers   []payer
	drivers  map[string]string // names by id
}

// payer is a broker with its id at the server.
type payer struct {
	broker
	ID string
}

// learn reads the fleet and the customers of this seed; people's own customers are left out.
func learn(ctx context.Context, c *client, cfg Config) (v carrier, err error) {
	if v.trucks, err = all[wireTruck](ctx, c, "/v1/trucks", nil, 500); err != nil {
		return v, err
	}
	if v.trailers, err = all[wireTrailer](ctx, c, "/v1/trailers", nil, 500); err != nil {
		return v, err
	}
	drivers, err := all[wireDriver](ctx, c, "/v1/drivers", nil, 500)
	if err != nil {
		return v, err
	}
	v.drivers = map[string]string{}
	for _, d := range drivers {
		v.drivers[d.ID] = d.Name
	}
	got, err := all[wireCustomer](ctx, c, "/v1/customers", nil, 1000)
	if err != nil {
		return v, err
	}
	id := map[string]string{}
	for _, x := range got {
		id[x.USDOT] = x.ID
	}
	for _, b := range brokers(cfg.Seed, cfg.Brokers) {
		if id[b.USDOT] != "" {
			v.payers = append(v.payers, payer{b, id[b.USDOT]})
		}
	}
	if len(v.payers) == 0 || len(v.trucks) == 0 {
		return v, fmt.Errorf("the demo carrier has no trucks or none of its brokers; was it filled with another seed?")
	}
	return v, nil
}

// parallel calls fn for 0 … n-1, workers at a time, and returns the first error.
func parallel(ctx context.Context, n, workers int, fn func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				if err := fn(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
