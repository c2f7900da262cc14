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
		t.Logf("%-34s calls %d answered %d (local %d, overflow %d, built in %d) refused %d lost %d late %d leaked %d outside %d p50 %v worst %v %s", r.Name, r.Calls, r.Answered, r.Local, r.Overflow, r.Builtin,
			r.Refused, r.Lost, r.Late, r.Leaked, r.Outside, r.P50, r.Worst, r.Reason)
		if r.Lost > 0 || r.Leaked > 0 || len(r.Wrong) > 0 || r.Answered+r.Refused != r.Calls {
			t.Errorf("%+v", r)
		}
	}
}
