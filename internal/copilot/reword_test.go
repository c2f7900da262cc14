package copilot

import (
	"strings"
	"testing"
)

// TestFactsStayInAMail: a model may change words and nothing else.
func TestFactsStayInAMail(t *testing.T) {
	t.Parallel()
	shown, facts := factsOut("Hi,\n\nOn load GP-88120, Dallas, TX to Memphis, TN: you have $1,250.00 on it. Could you do $1,400.00, $150.00 more?")
	if want := "Hi,\n\nOn load [[1]], Dallas, TX to Memphis, TN: you have [[2]] on it. Could you do [[3]], [[4]] more?"; shown != want || strings.Join(facts, " ") != "GP-88120 $1,250.00 $1,400.00 $150.00" {
		t.Fatalf("%s\n%q", shown, facts)
	}
	for said, want := range map[string]string{
		"Hello! For [[1]] we saw [[2]]; would [[3]] work, so [[4]] on top?":         "Hello! For GP-88120 we saw $1,250.00; would $1,400.00 work, so $150.00 on top?",
		"For [[1]] we saw [[3]]; would [[2]] work, so [[4]] on top?":                "",
		"For [[1]] we saw [[2]]; would [[3]] work?":                                 "",
		"For [[1]] and [[1]] we saw [[2]]; would [[3]] work, so [[4]] on top?":      "",
		"For [[1]] we saw [[2]]; would [[3]] work, so [[4]] on top? Pay in 15 days": "",
		"For [[1]] we saw [[2]]; would [[3]] work, so [[4]] on top, or a thousand?": "",
		"For [[1]] we saw [[2]]; would [[3]] work, so [[4]] on top [[5]]?":          "",
		"": "",
	} {
		if got, err := factsIn(said, facts); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", said, got, err)
		}
	}
}
