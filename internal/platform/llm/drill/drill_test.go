package drill

import "testing"

// TestDrills asserts what bench prints, but for the times, which are the machine's.
func TestDrills(t *testing.T) {
	t.Parallel()
	rs, err := Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		t.Log(r)
		if r.Lost > 0 || r.Leaked > 0 || len(r.Wrong) > 0 || r.Answered+r.Refused != r.Calls {
			t.Errorf("%+v", r)
		}
	}
}
