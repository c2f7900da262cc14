package paper

import (
	"fmt"
	"strconv"
	"strings"

	"truckflow/internal/kit/money"
)

// Pen hands a layout its values already written in the house style, and notes
// each one it handed out. Ask only for what goes on the sheet.
type Pen struct {
	Style Style
	rc    RateCon
	lab   Label
	said  []string
}

// NewPen starts a sheet: an empty label and a house style.
func NewPen(rc RateCon, s Style) *Pen {
	p := &Pen{Style: s, rc: rc, lab: Label{DocumentType: "rate_confirmation"}}
	for _, st := range rc.Stops {
		p.lab.Stops = append(p.lab.Stops, StopLabel{Type: st.Type})
	}
	return p
}

// Label is what has been handed out so far.
func (p *Pen) Label() Label { return p.lab.clean() }

// Said lists, verbatim, every noted text, for tests that look for it on the page.
func (p *Pen) Said() []string { return p.said }

func (p *Pen) say(v string) string {
	if v != "" {
		p.said = append(p.said, v)
	}
	return v
}

// Load is the load number.
func (p *Pen) Load() string { p.lab.LoadNumber = p.rc.Load; return p.say(p.rc.Load) }

// Issued is the day the sheet was made; no leaf takes it.
func (p *Pen) Issued() string { return p.Style.day(p.rc.Issued, p.rc.DayFirst) }

// HeaderPickup is a pickup day printed in a header box. It is the day before
// the appointment, as sloppy systems print it, and no leaf takes it.
func (p *Pen) HeaderPickup() string {
	return p.Style.stopDay(p.rc.Stops[0].Start.AddDate(0, 0, -1), p.rc.DayFirst)
}

// Equipment is the trailer; the length is noted only where the words have it.
func (p *Pen) Equipment() string {
	words, length := p.Style.equip(p.rc.Equipment, p.rc.LengthFt)
	p.lab.Equipment = p.rc.Equipment
	if length {
		p.lab.TrailerLengthFt = p.rc.LengthFt
	}
	return p.say(words)
}

// Length is the trailer length on its own, in feet.
func (p *Pen) Length() string {
	if p.rc.LengthFt == 0 {
		return ""
	}
	p.lab.TrailerLengthFt = p.rc.LengthFt
	return p.say(strconv.Itoa(p.rc.LengthFt))
}

// Temp is the set point or range, empty for a load without one.
func (p *Pen) Temp() string {
	if !p.rc.HasTemp {
		return ""
	}
	lo, hi := p.rc.TempMinF, p.rc.TempMaxF
	p.lab.TemperatureMinF, p.lab.TemperatureMaxF = &lo, &hi
	return p.say(p.Style.temp(lo, hi))
}

// Commodity is what is hauled.
func (p *Pen) Commodity() string {
	p.lab.Commodity = p.Style.cased(p.rc.Commodity)
	return p.say(p.lab.Commodity)
}

// Weight is the weight of the whole load.
func (p *Pen) Weight() string {
	if p.rc.WeightLb == 0 {
		return ""
	}
	p.lab.WeightLb = p.rc.WeightLb
	return p.say(p.Style.weight(p.rc.WeightLb, p.rc.BareWeight))
}

// Pieces is the number of handling units, without their word.
func (p *Pen) Pieces() string {
	if p.rc.Pieces == 0 {
		return ""
	}
	p.lab.Pieces = p.rc.Pieces
	return p.say(strconv.Itoa(p.rc.Pieces))
}

// Miles is the loaded distance.
func (p *Pen) Miles() string {
	p.lab.Miles = p.rc.Miles
	return p.say(thousands(int64(p.rc.Miles)))
}

// Total is what the carrier is paid.
func (p *Pen) Total() string {
	if p.rc.OmitTotal {
		return ""
	}
	p.lab.TotalRate = decimal(p.rc.Total)
	v := p.Style.money(p.rc.Total, p.rc.Currency)
	if p.rc.Currency != money.USD && !strings.Contains(v, p.rc.Currency) {
		v += " " + p.rc.Currency
	}
	if v != decimal(p.rc.Total) {
		p.lab.Currency = p.rc.Currency
	}
	return p.say(v)
}

// OtherTotal is the total of a header box: the true one, or the planted second one.
func (p *Pen) OtherTotal() string {
	if p.rc.SecondTotal != 0 {
		return p.Style.money(p.rc.SecondTotal, p.rc.Currency)
	}
	return p.Total()
}

// Currency is the ISO code on its own.
func (p *Pen) Currency() string { p.lab.Currency = p.rc.Currency; return p.say(p.rc.Currency) }

// Customer is the broker's customer; no leaf takes it.
func (p *Pen) Customer() string { return p.Style.cased(p.rc.Customer) }

// CustomerRate is what the broker's customer pays; no leaf takes it.
func (p *Pen) CustomerRate() string { return p.Style.money(p.rc.CustomerRate, p.rc.Currency) }

// Notes are remarks of the whole load; no leaf takes them.
func (p *Pen) Notes() []string { return p.rc.Notes }

// Driver, Truck and Trailer name the unit; no leaf of a rate confirmation takes them.
func (p *Pen) Driver() string { return p.rc.Driver }

// DriverPhone is the driver's mobile; no leaf takes it.
func (p *Pen) DriverPhone() string { return p.Style.phone(p.rc.DriverPhone) }

// Truck is the tractor's number; no leaf takes it.
func (p *Pen) Truck() string { return p.rc.Truck }

// Trailer is the trailer's number; no leaf of a rate confirmation takes it.
func (p *Pen) Trailer() string { return p.rc.Trailer }

// Single reports whether the load has one pickup and one delivery.
func (p *Pen) Single() bool { return len(p.rc.Stops) == 2 }

// Broker is the pen for the broker's block.
func (p *Pen) Broker() PartyPen {
	if p.lab.Broker == nil {
		p.lab.Broker = &PartyLabel{}
	}
	return PartyPen{p, p.rc.Broker, p.lab.Broker}
}

// Carrier is the pen for the carrier's block.
func (p *Pen) Carrier() PartyPen {
	if p.lab.Carrier == nil {
		p.lab.Carrier = &PartyLabel{}
	}
	return PartyPen{p, p.rc.Carrier, p.lab.Carrier}
}

// PartyPen hands out a company's values.
type PartyPen struct {
	pen *Pen
	src Party
	lab *PartyLabel
}

// Name is the company's name.
func (y PartyPen) Name() string {
	y.lab.Name = y.pen.Style.cased(y.src.Name)
	return y.pen.say(y.lab.Name)
}

// MC is the docket number, with the letters where the house glues them on.
func (y PartyPen) MC() string {
	y.lab.MC = y.src.MC
	if y.pen.Style.MCPre && y.src.MC != "" {
		return y.pen.say("MC" + y.src.MC)
	}
	return y.pen.say(y.src.MC)
}

// USDOT is the DOT number.
func (y PartyPen) USDOT() string { y.lab.USDOT = y.src.USDOT; return y.pen.say(y.src.USDOT) }

// Contact is the person to call.
func (y PartyPen) Contact() string {
	y.lab.Contact = y.pen.Style.cased(y.src.Contact)
	return y.pen.say(y.lab.Contact)
}

// Phone is the company's telephone.
func (y PartyPen) Phone() string {
	y.lab.Phone = y.pen.Style.phone(y.src.Phone)
	return y.pen.say(y.lab.Phone)
}

// Fax is printed beside the telephone; no leaf takes it.
func (y PartyPen) Fax() string { return y.pen.Style.phone(y.src.Fax) }

// AfterHours is the number for nights and weekends; no leaf takes it.
func (y PartyPen) AfterHours() string { return y.pen.Style.phone("80055501" + y.src.USDOT[5:]) }

// Box is where paper invoices are mailed, when that is not the office; no leaf takes it.
func (y PartyPen) Box() string {
	return y.pen.Style.cased(fmt.Sprintf("P.O. Box %s, %s, %s %s", y.src.USDOT[3:], y.src.City, y.src.State, y.src.ZIP))
}

// Email is the person's address.
func (y PartyPen) Email() string { y.lab.Email = y.src.Email; return y.pen.say(y.src.Email) }

// BillingEmail is where invoices go.
func (y PartyPen) BillingEmail() string {
	y.lab.BillingEmail = y.src.BillingEmail
	return y.pen.say(y.src.BillingEmail)
}

// Lines is the postal address in two lines: street, then town.
func (y PartyPen) Lines() []string {
	street := y.pen.Style.cased(y.src.Street)
	town := fmt.Sprintf("%s, %s %s", y.pen.Style.cased(y.src.City), y.src.State, y.src.ZIP)
	y.lab.Address = street + ", " + town
	return []string{y.pen.say(street), y.pen.say(town)}
}

// Address is the postal address in one line.
func (y PartyPen) Address() string { return strings.Join(y.Lines(), ", ") }

// Charges hands out the lines of pay.
func (p *Pen) Charges() []ChargePen {
	if p.lab.LineItems == nil {
		for _, c := range p.rc.Charges {
			p.lab.LineItems = append(p.lab.LineItems, ItemLabel{Kind: c.Kind})
		}
	}
	var out []ChargePen
	for i, c := range p.rc.Charges {
		out = append(out, ChargePen{p, c, &p.lab.LineItems[i]})
	}
	return out
}

// ChargePen hands out one line of pay.
type ChargePen struct {
	pen *Pen
	src Charge
	lab *ItemLabel
}

// Kind is the canonical kind, for layouts that have own words for a line.
func (c ChargePen) Kind() string { return c.src.Kind }

// Description is the words of the line.
func (c ChargePen) Description() string {
	c.lab.Description = c.pen.Style.cased(c.src.Description)
	return c.pen.say(c.lab.Description)
}

// As is the line in the layout's own words.
func (c ChargePen) As(words string) string { c.lab.Description = words; return c.pen.say(words) }

// Amount is the money of the line.
func (c ChargePen) Amount() string {
	c.lab.Amount = decimal(c.src.Amount)
	return c.pen.say(c.pen.Style.money(c.src.Amount, c.pen.rc.Currency))
}

// Quantity is the number of units: miles, stops, hours, or one.
func (c ChargePen) Quantity() string {
	c.lab.Quantity = strconv.Itoa(c.src.Quantity)
	return c.pen.say(thousands(int64(c.src.Quantity)))
}

// Rate is the price of one unit.
func (c ChargePen) Rate() string {
	c.lab.Rate = decimal(c.src.Rate)
	return c.pen.say(c.pen.Style.money(c.src.Rate, c.pen.rc.Currency))
}
