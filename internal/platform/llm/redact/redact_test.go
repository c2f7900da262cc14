package redact

import (
	"strings"
	"testing"
)

const paper = `Acme Brokers LLC  4400 W. Fulton Street, Suite 200, Chicago, IL 60624
Attn: Jane O'Neill   Phone: (312) 555-0147 x22   Fax 3125550148
jane.oneill@acmebrokers.example   www.acmebrokers.example/carriers
MC# 123456  USDOT: 7654321   EIN 12-3456789   Routing No. 021000021  Acct # 000123456789
Driver: Bob Smith, cell +1 312-555-0199; SSN 123-45-6789
P.O. Box 77, Remit to Great Lakes Factoring Inc.
Load 4711 picks up 11/27/2026 08:00 in Joliet, IL, delivers in Dallas, TX. 42,000 lb, $2,450.00, 926 miles, trailer 53 ft.

Thanks,
Dana Whitfield`

func TestNothingIdentifyingStays(t *testing.T) {
	t.Parallel()
	m := New([]string{"Quillon Freightways"})
	hidden := m.Hide(paper + "\nBooked by QUILLON   FREIGHTWAYS")
	for _, s := range []string{"Acme Brokers", "4400", "Fulton", "O'Neill", "555-0147", "3125550148", "acmebrokers", "123456", "7654321", "021000021", "000123456789", "Smith", "0199", "6789",
		"Box 77", "Great Lakes", "Whitfield", "QUILLON"} {
		if strings.Contains(hidden, s) {
			t.Errorf("%q is still in\n%s", s, hidden)
		}
	}
	// What the question is about must stay, or there is nothing to ask.
	for _, s := range []string{"Load 4711", "11/27/2026 08:00", "Joliet, IL", "Dallas, TX", "42,000 lb", "$2,450.00", "926 miles", "53 ft"} {
		if !strings.Contains(hidden, s) {
			t.Errorf("%q is gone from\n%s", s, hidden)
		}
	}
	if back := m.Show(hidden); back != paper+"\nBooked by QUILLON   FREIGHTWAYS" {
		t.Errorf("put back:\n%s", back)
	}
}

func TestTheSameIsTheSame(t *testing.T) {
	t.Parallel()
	m := New(nil)
	a, b := m.Hide("call 312-555-0147"), m.Hide("yes, 312-555-0147, not 312-555-0148")
	if a != "call [PHONE_1]" || b != "yes, [PHONE_1], not [PHONE_2]" || m.Hidden() != 2 {
		t.Errorf("%q, %q", a, b)
	}
	if got := m.Show("[PHONE_2] [PHONE_9] [NOTE_1]"); got != "312-555-0148 [PHONE_9] [NOTE_1]" {
		t.Errorf("%q", got)
	}
}

func TestNamesSpeltByAddresses(t *testing.T) {
	t.Parallel()
	m := New(nil)
	if got := m.Hide("Tariq Osei will call; tariq.osei@x.example; OSEI, TARIQ"); strings.Contains(strings.ToLower(got), "osei") {
		t.Errorf("%q", got)
	}
}

// TestPieces cuts a text at every place and wants the same words.
func TestPieces(t *testing.T) {
	t.Parallel()
	m := New(nil)
	hidden := m.Hide("a [note] for 312-555-0147 and 312-555-0148 [")
	want := m.Show(hidden)
	for i := range hidden {
		for j := i; j < len(hidden); j++ {
			p := m.Pieces()
			if got := p.Next(hidden[:i]) + p.Next(hidden[i:j]) + p.Next(hidden[j:]) + p.Rest(); got != want {
				t.Fatalf("cut at %d and %d: %q, want %q", i, j, got, want)
			}
		}
	}
}

// FuzzHide: whatever is hidden comes back.
func FuzzHide(f *testing.F) {
	f.Add(paper, "Jane O'Neill")
	f.Add("Dear Phone Name, phone.name@x.example", "PHONE")
	f.Fuzz(func(t *testing.T, s, name string) {
		if strings.ContainsAny(s+name, "[]") {
			return // a text with tokens of its own is put back as if they were ours
		}
		m := New([]string{name})
		if back := m.Show(m.Hide(s)); back != s {
			t.Errorf("%q became %q", s, back)
		}
	})
}
