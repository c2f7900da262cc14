package openaillm_test

import (
	"testing"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/llmtest"
	"truckflow/internal/platform/llm/openaillm"
	"truckflow/internal/platform/llm/stub"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, func(url string) llm.Engine {
		return openaillm.New(openaillm.Settings{URL: url + "/v1", Key: "k", Can: llm.Can{JSON: true, Tools: true}})
	})
}

// TestWhatAServerOfOnesOwnSees: it is shown a picture; a server outside is not, since
// that costs money.
func TestWhatAServerOfOnesOwnSees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ inside, blind, sees, asked bool }{{true, false, true, true}, {true, true, false, true}, {false, false, false, false}} {
		v, err := stub.Start(stub.Settings{Models: []string{"m"}, Blind: c.blind})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		can, err := openaillm.New(openaillm.Settings{URL: v.URL + "/v1", Inside: c.inside, Compatible: true, Can: llm.Can{JSON: true}}).Probe(t.Context(), "m")
		if err != nil || can.Vision != c.sees || !can.JSON || (len(v.Seen()) > 0) != c.asked {
			t.Errorf("%+v: %+v, %v, asked %d times", c, can, err, len(v.Seen()))
		}
		if c.asked && len(v.Seen()[0].Images) != 1 {
			t.Errorf("%+v was shown no picture", c)
		}
	}
}
