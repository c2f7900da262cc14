package copilot

import "testing"

// TestFiguresOfOtherScripts: what a reader takes for a figure is one, whatever its script.
func TestFiguresOfOtherScripts(t *testing.T) {
	t.Parallel()
	got := newEvidence()
	got.read("GP-1001 pays $1,250.00")
	if made := got.lacks("GP-1001 pays $1,250."); len(made) > 0 {
		t.Errorf("a figure that was given: %q", made)
	}
	for _, s := range []string{"It pays ４５００ dollars.", "It pays ٤٥٠٠ dollars.", "It takes ½ a day.", "It pays 12⁵ dollars.", "It pays $9,999."} {
		if len(got.lacks(s)) == 0 {
			t.Errorf("nobody gave the figure in %q", s)
		}
	}
}
