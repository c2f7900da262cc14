package mempubsub_test

import (
	"testing"

	"truckflow/internal/platform/pubsub"
	"truckflow/internal/platform/pubsub/mempubsub"
	"truckflow/internal/platform/pubsub/pubsubtest"
)

func TestSuite(t *testing.T) {
	p := mempubsub.New()
	pubsubtest.Run(t, func(t *testing.T) pubsub.PubSub {
		t.Cleanup(p.Close)
		return p
	})
}
