package loads

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads/internal/loadsdb"
)

// compare checks what a receiver signed against what was promised: by the load,
// and where it says nothing by the bill of lading.
func compare(f Full, r, lading *extract.Reading) []Finding {
	if lading == nil {
		lading = &extract.Reading{}
	}
	fs := []Finding{{"signature", "signed by the receiver", "no signature seen", false}}
	if r.Signed != nil && r.Signed.Value {
		fs[0].Found, fs[0].OK = "signed", true
		if n := val(r.ReceiverName); n != "" {
			fs[0].Found = "signed by " + n
		}
	}
	fs = appendCount(fs, "pieces", first(f.Pieces, num(lading.Pieces)), first(num(r.DeliveredPieces), num(r.Pieces)))
	fs = appendCount(fs, "weight, lb", first(f.WeightLb, num(lading.WeightLb)), first(num(r.DeliveredWeightLb), num(r.WeightLb)))
	fs = appendSame(fs, "seal", val(lading.SealNumber), val(r.SealNumber))
	fs = appendSame(fs, "bill of lading", val(lading.BOLNumber), val(r.BOLNumber))
	if notes := val(r.OSDNotes); notes != "" {
		fs = append(fs, Finding{"over, short, damaged", "nothing noted", notes, false})
	}
	fs = appendDay(fs, f, val(r.ReceivedAt))
	known := map[string]bool{strings.ToLower(f.CustomerRef): true, strings.ToLower(f.Number): true}
	for _, s := range f.Stops {
		for _, x := range Refs(s) {
			known[strings.ToLower(x.Value)] = true
		}
	}
	if n := val(r.LoadNumber); n != "" {
		fs = append(fs, Finding{"load number", f.CustomerRef, n, known[strings.ToLower(n)]})
	}
	return fs
}

// first is the first count that is known.
func first(ns ...*int) *int {
	for _, n := range ns {
		if n != nil {
			return n
		}
	}
	return nil
}

func appendCount(fs []Finding, what string, want, got *int) []Finding {
	if want == nil || got == nil {
		return fs
	}
	return append(fs, Finding{what, fmt.Sprint(*want), fmt.Sprint(*got), *want == *got})
}

// appendSame compares a number that both papers print; one that only one of them
// does proves nothing.
func appendSame(fs []Finding, what, want, got string) []Finding {
	if want == "" || got == "" {
		return fs
	}
	return append(fs, Finding{what, want, got, strings.EqualFold(want, got)})
}

// appendDay compares the day that the receiver wrote with those on which the truck
// was at one of the load's receivers, or, where nobody noted that, shall be. The
// stop's own calendar counts.
func appendDay(fs []Finding, f Full, received string) []Finding {
	day, _, _ := strings.Cut(received, "T")
	var days []string
	for _, s := range f.Stops {
		if s.Kind != "delivery" {
			continue
		}
		from, to := Wall(s.ArrivedAt, s.TimeZone, true), Wall(s.CompletedAt, s.TimeZone, true)
		if from == "" && to == "" {
			from, to = Wall(s.WindowStart, s.TimeZone, true), Wall(s.WindowEnd, s.TimeZone, true)
		}
		for _, d := range []string{from, to} {
			if d != "" && !slices.Contains(days, d) {
				days = append(days, d)
			}
		}
	}
	if day == "" || len(days) == 0 {
		return fs
	}
	slices.Sort(days)
	return append(fs, Finding{"received on", strings.Join(days, " or "), day, slices.Contains(days, day)})
}

// Differs reports a stored comparison with a line that does not agree.
func Differs(c PODCheck) bool {
	return slices.ContainsFunc(Findings(c), func(x Finding) bool { return !x.OK })
}

// settled is what is written down with the acceptance of a proof of delivery. Where
// the paper differs, how that was settled must be said.
func settled(ctx context.Context, q *loadsdb.Queries, load, doc ids.ID, reason string) (string, error) {
	cs, err := q.PODChecks(ctx, load)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(cs, func(c PODCheck) bool { return c.DocumentID == doc })
	if i < 0 || !Differs(cs[i]) {
		return "", nil
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > 500 {
		return "", errs.Invalid("the paper differs from the load; say how that was settled").Field("reason", "1 to 500 characters")
	}
	var what []string
	for _, x := range Findings(cs[i]) {
		if !x.OK {
			what = append(what, x.What)
		}
	}
	return "differs in " + strings.Join(what, ", ") + ": " + reason, nil
}
