package lines

import "testing"

func TestFirstAndLast(t *testing.T) {
	for _, c := range []struct{ text, first, last string }{
		{"", "", ""}, {"one", "one", "one"}, {"\n a\nb\nc\n\n", "a", "b\nc"},
	} {
		if f, l := First(c.text), Last(c.text, 2); f != c.first || l != c.last {
			t.Errorf("%q: first %q, last %q", c.text, f, l)
		}
	}
}
