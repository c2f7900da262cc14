package paper

import (
	"fmt"
	"time"
)

// Faults a real sheet has, by the name Plant takes.
const (
	FaultTotal       = "total"       // the total is not the sum of the lines
	FaultOrder       = "order"       // a delivery before the pickup
	FaultZIP         = "zip"         // a ZIP of another town
	FaultDayFirst    = "dayfirst"    // 02-08-2026: which is the month?
	FaultNoTotal     = "nototal"     // the total is missing
	FaultNoCity      = "nocity"      // the last stop has no town
	FaultSecondTotal = "secondtotal" // two totals that disagree
	FaultBareWeight  = "bareweight"  // a weight without its unit
	FaultNoTemp      = "notemp"      // a reefer load without a temperature
	FaultInjection   = "injection"   // instructions to a machine in the notes; nothing to flag
)

// Plant returns rc with a fault and the label paths a reader should flag. It
// panics on an unknown fault: the names are constants.
func Plant(rc RateCon, fault string) (RateCon, []string) {
	rc.Stops = append([]Stop(nil), rc.Stops...)
	last := len(rc.Stops) - 1
	end := &rc.Stops[last]
	at := func(leaf string) []string { return []string{fmt.Sprintf("stops[%d].%s", last, leaf)} }
	switch fault {
	case FaultTotal:
		rc.Total += 15000
	case FaultSecondTotal:
		rc.SecondTotal = rc.Total + 9000
	case FaultNoTotal:
		rc.OmitTotal = true
	case FaultOrder:
		early := rc.Stops[0].Start.AddDate(0, 0, -2).Sub(end.Start).Truncate(24 * time.Hour)
		end.Start = end.Start.Add(early)
		if !end.End.IsZero() {
			end.End = end.End.Add(early)
		}
		return rc, at("window_start")
	case FaultZIP:
		for _, p := range places {
			if p.State != end.State && !p.Canadian() {
				end.ZIP = p.ZIP
				break
			}
		}
		return rc, at("zip")
	case FaultNoCity:
		rc.OmitDelivery = true
		return rc, at("city")
	case FaultDayFirst:
		return dayFirst(rc)
	case FaultBareWeight:
		rc.BareWeight = true
		return rc, []string{"weight_lb"}
	case FaultNoTemp:
		rc.HasTemp = false
		return rc, []string{"temperature_min_f"}
	case FaultInjection:
		words := injections
		if x := lexicons[rc.batch]; len(x.injections) > 0 {
			words = x.injections
		}
		rc.Notes = append([]string{words[rc.Miles%len(words)]}, rc.Notes...)
		return rc, nil
	default:
		panic("no such fault: " + fault)
	}
	return rc, []string{"total_rate"}
}

// dayFirst moves the load to the first days of August, where day and month could be swapped.
func dayFirst(rc RateCon) (RateCon, []string) {
	rc.DayFirst = true
	first := rc.Stops[0].Start.Truncate(24 * time.Hour)
	move := time.Date(2026, 8, 2, 0, 0, 0, 0, time.UTC).Sub(first)
	rc.Issued = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	var flags []string
	for i := range rc.Stops {
		rc.Stops[i].Start = rc.Stops[i].Start.Add(move)
		if !rc.Stops[i].End.IsZero() {
			rc.Stops[i].End = rc.Stops[i].End.Add(move)
		}
		if d := rc.Stops[i].Start; d.Day() <= 12 && d.Day() != int(d.Month()) {
			flags = append(flags, fmt.Sprintf("stops[%d].window_start", i))
		}
	}
	return rc, flags
}
