package ui

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"truckflow/internal/kit/clock"
)

// Tone is the meaning a colour carries. Nothing in the product is coloured for
// decoration: a part without meaning takes ToneNone.
type Tone string

// The tones, most urgent first.
const (
	ToneLate  Tone = "late"  // it has gone wrong: late, failed, refused, overdue
	ToneRisk  Tone = "risk"  // it will go wrong unless someone acts
	ToneNeed  Tone = "need"  // waits for a person; nothing is wrong yet
	ToneInfo  Tone = "info"  // under way
	ToneOK    Tone = "ok"    // done and well
	ToneMuted Tone = "muted" // over, or of no interest now
	ToneNone  Tone = ""      // no meaning: plain ink
)

func toneClass(t Tone) string {
	if t == ToneNone {
		return ""
	}
	return "tone-" + string(t)
}

// StateInfo is how one state of a load reads on a screen.
type StateInfo struct {
	Label string // in the trade's words
	Tone  Tone
}

var states = map[string]StateInfo{
	"draft":         {"Draft", ToneMuted},
	"tendered":      {"Tendered", ToneNeed},
	"booked":        {"Booked", ToneRisk},
	"dispatched":    {"Dispatched", ToneInfo},
	"at_pickup":     {"At pickup", ToneInfo},
	"loaded":        {"Loaded", ToneInfo},
	"in_transit":    {"In transit", ToneInfo},
	"at_delivery":   {"At delivery", ToneInfo},
	"delivered":     {"Delivered", ToneOK},
	"pod_received":  {"POD received", ToneOK},
	"ready_to_bill": {"Ready to bill", ToneNeed},
	"invoiced":      {"Invoiced", ToneInfo},
	"paid":          {"Paid", ToneOK},
	"closed":        {"Closed", ToneMuted},
	"cancelled":     {"Cancelled", ToneMuted},
	"tonu":          {"TONU", ToneMuted},
	"on_hold":       {"On hold", ToneRisk},
	"claim":         {"Claim", ToneLate},
}

// LoadStates lists every load state in the order a load passes them, the four
// exceptional ones last.
var LoadStates = []string{
	"draft", "tendered", "booked", "dispatched", "at_pickup", "loaded", "in_transit", "at_delivery", "delivered",
	"pod_received", "ready_to_bill", "invoiced", "paid", "closed", "cancelled", "tonu", "on_hold", "claim",
}

// State returns how a load state reads. A state this page does not know yet
// (an older page, a newer server) reads as its own words, without colour.
func State(state string) StateInfo {
	if s, ok := states[state]; ok {
		return s
	}
	return StateInfo{Label: Capital(strings.ReplaceAll(state, "_", " ")), Tone: ToneMuted}
}

// Capital returns s with its first letter in upper case.
func Capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// Sentence makes what the errors package carries (lower case, no full stop)
// into a sentence for a screen.
func Sentence(s string) string {
	s = Capital(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") {
		return s
	}
	return s + "."
}

// InZone moves t into an IANA zone; an unknown or empty zone gives UTC, so a
// time is never shown without saying which clock it is on.
func InZone(t time.Time, zone string) time.Time {
	if zone == "" {
		return t.UTC()
	}
	z, err := clock.Zone(zone)
	if err != nil {
		return t.UTC()
	}
	return t.In(z)
}

// Layouts of the times on screens. Zone letters are never left out of a time of day.
const (
	layoutShort = "Mon 15:04 MST"
	layoutClock = "15:04 MST"
	layoutFull  = "Mon, Jan 2, 2006, 15:04 MST"
	layoutDate  = "Jan 2, 2006"
	layoutDay   = "Mon Jan 2"
)

// Words is a code of the house as people say it: "step_deck" is "Step deck".
func Words(code string) string { return Capital(strings.ReplaceAll(code, "_", " ")) }

// Codes offers codes in words; none is the empty choice, left out when it is "".
func Codes(none string, codes []string) (out []Option) {
	if none != "" {
		out = append(out, Option{Label: none})
	}
	for _, c := range codes {
		out = append(out, Option{Value: c, Label: Words(c)})
	}
	return out
}

// Counted is a number with its noun: "1 load", "1,204 loads".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Group(n) + " " + noun + "s"
}
