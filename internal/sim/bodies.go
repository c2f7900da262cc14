package sim

import (
	"fmt"
	"math/rand"
	"strings"
	"time"
)

// facilityBody is a dock that the carrier knows well: hours, phone, what to know.
func facilityBody(seed int64, i int) map[string]any {
	r := source(seed, "facility", i)
	at, brand := towns[i%len(towns)], docks[(i*5+i/len(towns))%len(docks)]
	name := brand + " " + at.City
	opens, closes := pick(r, []string{"06:00", "07:00", "08:00"}), pick(r, []string{"15:00", "17:00", "22:00"})
	hours := map[string][]string{}
	for _, d := range []string{"mon", "tue", "wed", "thu", "fri"} {
		hours[d] = []string{opens, closes}
	}
	return map[string]any{"name": name, "address": address(name), "city": at.City, "state": at.State, "zip": at.ZIP, "hours": hours, "appointment_required": i%3 == 0,
		"phone": fmt.Sprintf("(%s) 555-02%02d", at.AreaCode, i%100), "notes": pick(r, []string{"Check in at the guard shack; safety vest in the yard.", "No overnight parking. Lumper takes EFS.", "Back in at doors 10 to 24. Seal is put on at the gate.", ""})}
}

func customerBody(b broker) map[string]any {
	return map[string]any{"name": b.Name, "kind": "broker", "usdot": b.USDOT, "mc": b.MC, "phone": b.Phone, "email": strings.Replace(b.Mail, "ap.", "loads.", 1),
		"billing_email": b.Mail, "address": "100 Demo Plaza", "city": b.Home.City, "state": b.Home.State, "zip": b.Home.ZIP, "terms": map[string]any{"terms_days": b.Terms,
			"credit_limit": b.Credit, "factored": b.Factored}}
}

// expiring are the drivers whose papers run out soon, and in how many days.
var expiring = map[int]int{6: 9, 17: 21, 43: 4}

func driverBody(seed int64, i int, now time.Time) map[string]any {
	r := source(seed, "driver", i)
	home := pick(r, towns)
	name := givenNames[(i*7+int(seed))%len(givenNames)] + " " + familyNames[(i*3+i/len(familyNames))%len(familyNames)]
	medical := now.AddDate(0, 3+r.Intn(20), r.Intn(28))
	if d, ok := expiring[i]; ok {
		medical = now.AddDate(0, 0, d)
	}
	endorsements := []string{}
	for _, e := range []string{"H", "N", "T"} {
		if r.Intn(3) == 0 {
			endorsements = append(endorsements, e)
		}
	}
	return map[string]any{"name": name, "phone": fmt.Sprintf("(%s) 555-01%02d", home.AreaCode, i%100), "email": fmt.Sprintf("driver%02d@demo.example.com", i+1),
		"cdl_number": fmt.Sprintf("D%08d", r.Intn(100_000_000)), "cdl_state": home.State, "cdl_class": "A", "cdl_expires": date(now.AddDate(1+r.Intn(3), r.Intn(12), r.Intn(28))),
		"medical_expires": date(medical), "mvr_reviewed": date(now.AddDate(0, -r.Intn(10), 0)), "clearinghouse_queried": date(now.AddDate(0, -r.Intn(10), 0)),
		"hazmat_expires": date(now.AddDate(2, 0, 0)), "endorsements": endorsements, "hired_on": date(now.AddDate(-1-r.Intn(9), -r.Intn(12), 0)),
		"home_city": home.City, "home_state": home.State, "home_zip": home.ZIP}
}

// trailerLabel begins a trailer's number with its kind.
var trailerLabel = map[string]string{"van": "V", "reefer": "R", "flatbed": "F"}

func trailerBody(seed int64, i int, now time.Time) map[string]any {
	r := source(seed, "trailer", i)
	kind, feet := equipmentOf(i), 53
	if kind == "flatbed" {
		feet = 48
	}
	at := pick(r, towns)
	return map[string]any{"unit_number": fmt.Sprintf("%s%d", trailerLabel[kind], 5301+i), "equipment": kind, "length_ft": feet, "vin": vin(r), "plate": fmt.Sprintf("T%05d", 10_000+i),
		"plate_state": "IL", "year": 2014 + r.Intn(11), "inspection_due": date(now.AddDate(0, 3+r.Intn(9), 0)), "registration_due": date(now.AddDate(0, 3+r.Intn(9), 0)),
		"city": at.City, "state": at.State, "zip": at.ZIP}
}

var makes = [][2]string{{"Freightliner", "Cascadia"}, {"Kenworth", "T680"}, {"Peterbilt", "579"}, {"Volvo", "VNL 760"}, {"International", "LT"}}

func truckBody(seed int64, i int, driver string, now time.Time) map[string]any {
	r := source(seed, "truck", i)
	home := pick(source(seed, "yard", i), towns)
	m := pick(r, makes)
	b := map[string]any{"unit_number": fmt.Sprint(101 + i), "vin": vin(r), "plate": fmt.Sprintf("P%05d", 20_000+i), "plate_state": "IL", "make": m[0], "model": m[1],
		"year": 2017 + r.Intn(9), "home_city": home.City, "home_state": home.State, "home_zip": home.ZIP, "inspection_due": date(now.AddDate(0, 3+r.Intn(9), 0)),
		"registration_due": date(now.AddDate(0, 3+r.Intn(9), 0)), "insurance_due": date(now.AddDate(0, 4, 0))}
	if driver != "" {
		b["driver_id"] = driver
	}
	return b
}

func date(t time.Time) string { return t.Format(time.DateOnly) }

// vin invents a vehicle identification number with a right check digit (49 CFR 565.15).
func vin(r *rand.Rand) string {
	const letters = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
	const values = "012345678912345678123457923456789"
	weights := []int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	b, sum := make([]byte, 17), 0
	for i := range b {
		n := r.Intn(len(letters))
		if i > 11 {
			n = r.Intn(10)
		}
		b[i] = letters[n]
		sum += int(values[n]-'0') * weights[i]
	}
	b[8] = "0123456789X"[sum%11]
	return string(b)
}
