package sim

import "testing"

// TestPastPapersSayWhatTheLoadSays: the confirmation of a load of the past agrees
// with the load, but for what was added after the haul.
func TestPastPapersSayWhatTheLoadSays(t *testing.T) {
	t.Parallel()
	v := invented(1)
	row := v.week(1, weekOf(noon)-2, noon)[3]
	l := wireLoad{Number: row.Number, Ref: row.haul.Load.Ref, Equipment: row.haul.Load.Equipment, Commodity: row.haul.Load.Commodity, WeightLb: &row.haul.Load.WeightLb,
		Pieces: &row.haul.Load.Pieces, Miles: &row.haul.Miles, Stops: row.haul.Load.Stops, CustomerID: row.payer.ID,
		Charges: append([]wireCharge{{"detention", "", 15_000}}, row.haul.Load.Charges[:2]...)}
	rc := v.agreed(1, l)
	if rc.Total != row.haul.Load.Charges[0].Amount+row.haul.Load.Charges[1].Amount || len(rc.Charges) != 2 {
		t.Errorf("agreed on %s: %+v", rc.Total, rc.Charges)
	}
	first, last := rc.Stops[0], rc.Stops[len(rc.Stops)-1]
	if rc.Load != l.Ref || rc.Miles != row.haul.Miles || first.City != row.haul.From.City || last.City != row.haul.To.City || first.Start.Format(wallClock) != l.Stops[0].From || !rc.Issued.Before(first.Start) {
		t.Errorf("the confirmation: %+v", rc)
	}
	// The same bytes each time: the server knows them again.
	a, b := v.agreed(1, l), v.agreed(1, l)
	_, one, err := printConfirmation(a, row.payer.broker, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, two, err := printConfirmation(b, row.payer.broker, 3); err != nil || string(one) != string(two) {
		t.Errorf("the same load makes two papers: %v", err)
	}
}

func TestNewestPast(t *testing.T) {
	t.Parallel()
	var ls []wireLoad
	for _, n := range []string{"L-10001", "280002", "281000", "D-9", "280113", "17"} {
		ls = append(ls, wireLoad{Number: n})
	}
	got := newestPast(ls, 2)
	if len(got) != 2 || got[0].Number != "281000" || got[1].Number != "280113" || len(newestPast(ls, 9)) != 3 {
		t.Errorf("%+v", got)
	}
}
