package paper

import (
	"math/rand"
	"strings"

	"truckflow/internal/kit/money"
)

// lexicon is the words of a batch's world.
type lexicon struct {
	salt                                               int64
	brokers, carriers, docks, streets, first, last     []string
	notes, stopNotes, billing, office, units, prefixes []string
	hazGoods, hazmat, reeferFuel, lumper, border       string
	goods                                              map[string][]string // by equipment
	injections                                         []string            // instructions to a machine; empty: the first batch's
	charges                                            map[string][]string // names of the lines of pay by kind; empty: Random's
}

var lexicons = map[int]lexicon{Second: secondWords, Third: thirdWords, Fourth: fourthWords}

// Load invents one load in a batch's words. The first batch's are Random's;
// the others name other companies, people, streets, goods and remarks, and
// some of their loads go into Canada, are hazardous or want a team. The same
// seed gives the same load for ever.
func Load(batch int, seed int64) RateCon {
	rc := Random(seed)
	x, own := lexicons[batch]
	if !own {
		return rc
	}
	rc.batch = batch
	w := world{rand.New(rand.NewSource(seed*104729 + x.salt))}
	rc.Broker = w.retoldParty(rc.Broker, x, x.brokers)
	rc.Broker.BillingEmail = pick(w, x.billing) + "@" + domain(rc.Broker.Name)
	rc.Carrier = w.retoldParty(rc.Carrier, x, x.carriers)
	rc.Carrier.Email = pick(w, x.office) + "@" + domain(rc.Carrier.Name)
	rc.Load = w.retoldNumber(x)
	rc.Commodity = pick(w, x.goods[rc.Equipment])
	rc.Notes = w.notes(x.notes, w.between(1, 4))
	if w.chance(8) && rc.Equipment == "van" {
		rc.Commodity, rc.Notes = x.hazGoods, append(rc.Notes, x.hazmat)
	}
	if rc.HasTemp {
		w.temperature(&rc)
		rc.Notes = append(rc.Notes, x.reeferFuel)
	}
	names := w.Perm(len(x.docks))
	for i := range rc.Stops {
		s := &rc.Stops[i]
		s.Name, s.Street, s.Commodity = x.docks[names[i]], w.retoldStreet(x), rc.Commodity
		if s.Contact != "" {
			s.Contact = pick(w, x.first) + " " + pick(w, x.last)
		}
		if s.Notes != "" {
			s.Notes = pick(w, x.stopNotes)
			if s.Type == Delivery && w.chance(30) {
				s.Notes = x.lumper
			}
		}
	}
	if w.chance(12) {
		w.crossBorder(&rc, x.border)
	}
	rc.Driver = pick(w, x.first) + " " + pick(w, x.last)
	if len(x.charges) > 0 {
		w.retoldPay(&rc, x)
		rc.share()
	}
	return rc
}

// retoldPay names the lines of pay in the batch's words. Every other linehaul
// is a flat amount, and some loads pay for help or tolls too.
func (w world) retoldPay(rc *RateCon, x lexicon) {
	if line := &rc.Charges[0]; w.chance(50) {
		line.Quantity, line.Rate = 1, line.Amount
	}
	extra := func(kind string, c money.Cents) {
		rc.Charges = append(rc.Charges, Charge{Kind: kind, Amount: c, Quantity: 1, Rate: c})
		rc.Total, rc.CustomerRate = rc.Total+c, rc.CustomerRate+c
	}
	if w.chance(12) {
		extra("driver_assist", money.Cents(w.between(2, 5)*2500))
	}
	if w.chance(10) {
		extra("toll", money.Cents(w.between(18, 96)*100))
	}
	for i := range rc.Charges {
		rc.Charges[i].Description = pick(w, x.charges[rc.Charges[i].Kind])
	}
}

// share divides the freight among the stops of each type.
func (rc *RateCon) share() {
	for _, kind := range []string{Pickup, Delivery} {
		var at []*Stop
		for i := range rc.Stops {
			if rc.Stops[i].Type == kind {
				at = append(at, &rc.Stops[i])
			}
		}
		for i, s := range at {
			s.Pieces, s.WeightLb = rc.Pieces/len(at), rc.WeightLb/len(at)/100*100
			if i == len(at)-1 { // the last has what does not divide
				s.Pieces, s.WeightLb = rc.Pieces-i*s.Pieces, rc.WeightLb-i*s.WeightLb
			}
		}
	}
}

func (w world) retoldParty(was Party, x lexicon, names []string) Party {
	was.Name, was.Street, was.Contact = pick(w, names), w.retoldStreet(x), pick(w, x.first)+" "+pick(w, x.last)
	first, last, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(was.Contact, "'", "")), " ")
	was.Email = pick(w, []string{first + "." + last, first[:1] + last, first}) + "@" + domain(was.Name)
	was.Fax = w.phone(was.Phone[:3])
	return was
}

func (w world) retoldNumber(x lexicon) string {
	switch w.Intn(6) {
	case 0:
		return "0" + w.digits(6)
	case 1:
		return w.digits(8)
	case 2:
		return w.digits(5)
	case 3:
		return pick(w, x.prefixes) + w.digits(7)
	case 4:
		return w.digits(4) + "-" + w.digits(5)
	}
	return w.digits(7)
}

func (w world) retoldStreet(x lexicon) string {
	v := w.digits(w.between(3, 5)) + " " + pick(w, x.streets)
	if w.chance(20) {
		v += pick(w, x.units) + w.digits(w.between(1, 3))
	}
	return v
}

// crossBorder moves the last delivery over the border, where it is not far.
func (w world) crossBorder(rc *RateCon, note string) {
	last := &rc.Stops[len(rc.Stops)-1]
	if !strings.Contains("MI NY OH PA MT IL", last.State) {
		return
	}
	for _, i := range w.Perm(len(places)) {
		p := places[i]
		if !p.Canadian() || (p.State == "AB") != (last.State == "MT") {
			continue
		}
		last.City, last.State, last.ZIP, last.TimeZone = p.City, p.State, p.ZIP, p.TimeZone
		if last.Phone != "" {
			last.Phone = w.phone(p.AreaCode)
		}
		rc.Notes = append(rc.Notes, note)
		return
	}
}
