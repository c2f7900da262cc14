package fleet

import (
	"slices"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
)

func TestVINFault(t *testing.T) {
	t.Parallel()
	for vin, good := range map[string]bool{
		"1M8GDM9AXKP042788": true, // the example of 49 CFR 565
		"11111111111111111": true,
		"1XPBDP9X1FD257820": false,
		"1M8GDM9A1KP042788": false, // check digit
		"1M8GDM9AXKP04278":  false, // 16
		"1M8GDM9AXKPO42788": false, // letter O
		"1M8GDM9AXKP04278é": false,
	} {
		if why := VINFault(vin); (why == "") != good {
			t.Errorf("%s: %q", vin, why)
		}
	}
	// Every letter and digit has its own transliteration: a slip of one character is found in most places.
	z := []byte("1M8GDM9AXKP04278Z")
	if why := VINFault(string(z)); why == "a VIN never holds \"Z\"" {
		t.Error("Z is a letter a VIN may hold")
	}
}

func TestChecksNameFields(t *testing.T) {
	t.Parallel()
	old := time.Date(202, 1, 1, 0, 0, 0, 0, time.UTC)
	year := 26
	tests := []struct {
		name  string
		err   error
		field []string
	}{
		{"truck", checkTruck(&Truck{Vin: "X", PlateState: "ZZ", Year: &year, HomeZip: "123", InspectionDue: &old}),
			[]string{"home_zip", "inspection_due", "plate_state", "unit_number", "vin", "year"}},
		{"trailer", checkTrailer(&Trailer{UnitNumber: "1", Equipment: "wagon", LengthFt: 99}), []string{"equipment", "length_ft"}},
		{"driver", checkDriver(&Driver{CdlNumber: "1", CdlClass: "d", Email: "x@", Endorsements: []string{"H Z"}}),
			[]string{"cdl_class", "cdl_state", "email", "endorsements", "name"}},
		{"good", checkDriver(&Driver{Name: "A", CdlClass: "a", Endorsements: []string{"x, h", "T"}}), nil},
	}
	for _, tt := range tests {
		var got []string
		if tt.err != nil {
			for f := range errs.Public(tt.err).Fields {
				got = append(got, f)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.field) {
			t.Errorf("%s: fields %v, want %v", tt.name, got, tt.field)
		}
	}
}

func TestYearAfterLeapDay(t *testing.T) {
	t.Parallel()
	d := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	if got := year(&d).Format(time.DateOnly); got != "2025-02-28" {
		t.Errorf("a year after 29 February is %s", got)
	}
}
