package copilot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"truckflow/internal/billing"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/pricing"
)

// OwedArgs names a customer and how old an invoice must be.
type OwedArgs struct {
	Customer      string `json:"customer"`
	OlderThanDays int    `json:"older_than_days,omitempty" jsonschema:"only invoices issued more than so many days ago"`
}

func (s *Service) owed(ctx context.Context, q OwedArgs) (a Answer, err error) {
	c, err := s.customerCalled(ctx, q.Customer)
	if err != nil {
		return a, err
	}
	open, today, err := s.open(ctx, q.OlderThanDays)
	if err != nil {
		return a, err
	}
	open = slices.DeleteFunc(open, func(i billing.Invoice) bool { return i.CustomerID != c.ID })
	sum, late := totals(open, today)
	a.Screen = "/customers/" + c.ID.String()
	a.fact("owed_cents", int64(sum)).fact("late_cents", int64(late)).fact("count", int64(len(open)))
	a.link(c.Name, a.Screen).say(" owes us ").link(sum.Dollars(), a.Screen).say(" on %s", count(len(open), "open invoice"))
	if q.OlderThanDays > 0 {
		a.say(" issued more than %d days ago", q.OlderThanDays)
	}
	a.say("; %s of it is past due.", late.Dollars())
	invoiceTable(&a, open, today)
	return a, nil
}

// open are the open invoices issued more than so many days ago, and the company's date; all of them for 0 days.
func (s *Service) open(ctx context.Context, days int) (open []billing.Invoice, today time.Time, err error) {
	if today, err = s.today(ctx); err != nil {
		return nil, today, err
	}
	r, err := s.Billing.Receivables(ctx)
	return slices.DeleteFunc(r.Open, func(i billing.Invoice) bool { return days > 0 && !i.IssuedOn.Before(today.AddDate(0, 0, -days)) }), today, err
}

func totals(open []billing.Invoice, today time.Time) (sum, late money.Cents) {
	for _, i := range open {
		sum += billing.Open(i)
		if i.DueOn.Before(today) {
			late += billing.Open(i)
		}
	}
	return sum, late
}

func invoiceTable(a *Answer, open []billing.Invoice, today time.Time) {
	slices.SortStableFunc(open, func(x, y billing.Invoice) int { return x.IssuedOn.Compare(y.IssuedOn) })
	a.columns("Invoice", "Load", "Issued", "Due", "#Days old", "#Open")
	for _, i := range open {
		a.row(i.Number, to(i.Number, "/billing/invoices/"+i.ID.String()), to(i.LoadNumber, "/loads/"+i.LoadID.String()), text(i.IssuedOn.Format("Jan 2, 2006")), text(i.DueOn.Format("Jan 2, 2006")),
			number(int(today.Sub(i.IssuedOn).Hours()/24)), cents(billing.Open(i)))
	}
	if len(open) == 0 {
		a.Table = nil
	}
}

// ReceivablesArgs says how old an invoice must be.
type ReceivablesArgs struct {
	OlderThanDays int `json:"older_than_days,omitempty" jsonschema:"only invoices issued more than so many days ago"`
}

func (s *Service) receivables(ctx context.Context, q ReceivablesArgs) (a Answer, err error) {
	open, today, err := s.open(ctx, q.OlderThanDays)
	if err != nil {
		return a, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return a, err
	}
	sum, late := totals(open, today)
	type owes struct {
		id        ids.ID
		n         int
		sum, late money.Cents
	}
	by := map[ids.ID]*owes{}
	for _, i := range open {
		o := by[i.CustomerID]
		if o == nil {
			o = &owes{id: i.CustomerID}
			by[i.CustomerID] = o
		}
		one, past := totals([]billing.Invoice{i}, today)
		o.n, o.sum, o.late = o.n+1, o.sum+one, o.late+past
	}
	all := make([]*owes, 0, len(by))
	for _, o := range by {
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y *owes) int {
		return cmp.Or(cmp.Compare(y.sum, x.sum), byName(names.customer[x.id], names.customer[y.id]))
	})
	a.Screen = "/billing"
	a.fact("owed_cents", int64(sum)).fact("late_cents", int64(late)).fact("count", int64(len(open)))
	a.link(sum.Dollars(), "/billing").say(" is open on %s", count(len(open), "invoice"))
	if q.OlderThanDays > 0 {
		a.say(" issued more than %d days ago", q.OlderThanDays)
	}
	a.say(", %s of it past due", late.Dollars())
	if len(all) > 0 {
		a.say(". ").link(names.customer[all[0].id], "/customers/"+all[0].id.String()).say(" owes the most, %s", all[0].sum.Dollars())
		a.columns("Customer", "#Invoices", "#Open", "#Past due")
	}
	a.say(".")
	for _, o := range all {
		a.row(names.customer[o.id], to(names.customer[o.id], "/customers/"+o.id.String()), number(o.n), cents(o.sum), cents(o.late))
	}
	return a, nil
}

// BillArgs narrows what can be billed.
type BillArgs struct {
	Customer  string `json:"customer,omitempty"`
	ReadyOnly bool   `json:"ready_only,omitempty" jsonschema:"only loads whose proof of delivery is accepted"`
}

func (s *Service) toBill(ctx context.Context, q BillArgs) (a Answer, err error) {
	states := []lifecycle.State{lifecycle.ReadyToBill, lifecycle.PODReceived, lifecycle.Delivered}
	if q.ReadyOnly {
		states = states[:1]
	}
	var all []loads.Load
	var ready, rest money.Cents
	n := 0
	for _, st := range states {
		ls, _, _, err := s.loadsOf(ctx, LoadsArgs{State: string(st), Customer: q.Customer})
		if err != nil {
			return a, err
		}
		for _, l := range ls {
			if st == lifecycle.ReadyToBill {
				ready += l.TotalCents
				n++
			} else {
				rest += l.TotalCents
			}
		}
		all = append(all, ls...)
	}
	a.Screen = "/billing"
	a.fact("ready", int64(n)).fact("ready_cents", int64(ready)).fact("count", int64(len(all))).fact("total_cents", int64(ready+rest))
	a.link(count(n, "load"), "/billing").say(" can be billed now, worth %s", ready.Dollars())
	if !q.ReadyOnly {
		a.say("; %s more %s delivered and %s for proof of delivery, worth %s", group(len(all)-n), plural(len(all)-n, "is", "are"), plural(len(all)-n, "waits", "wait"), rest.Dollars())
	}
	a.say(".")
	return a, s.loadTable(ctx, &a, all)
}

// PaidArgs narrows money received.
type PaidArgs struct {
	Customer string `json:"customer,omitempty"`
	Since    string `json:"since,omitempty" jsonschema:"first day, YYYY-MM-DD; 30 days back when left out"`
	Through  string `json:"through,omitempty" jsonschema:"last day, YYYY-MM-DD"`
}

func (s *Service) paid(ctx context.Context, q PaidArgs) (a Answer, err error) {
	today, err := s.today(ctx)
	if err != nil {
		return a, err
	}
	if q.Since+q.Through == "" {
		q.Since, q.Through = today.AddDate(0, 0, -30).Format(time.DateOnly), today.Format(time.DateOnly)
	}
	w, err := s.window(ctx, q.Since, q.Through)
	if err != nil {
		return a, err
	}
	f := billing.PaymentFilter{Since: date(cmp.Or(q.Since, q.Through)), Until: date(cmp.Or(q.Through, q.Since))}
	who := "Customers"
	if q.Customer != "" {
		c, err := s.customerCalled(ctx, q.Customer)
		if err != nil {
			return a, err
		}
		f.CustomerID, who = c.ID, c.Name
	}
	names, err := s.names(ctx)
	if err != nil {
		return a, err
	}
	var sum money.Cents
	n := 0
	a.columns("Received", "Customer", "Reference", "How", "#Amount")
	for cursor := ""; ; {
		p, err := s.Billing.Payments(ctx, f, page.Request{Cursor: cursor, Limit: page.MaxLimit})
		if err != nil {
			return a, err
		}
		for _, x := range p.Items {
			sum += x.AmountCents
			n++
			a.row("", to(x.ReceivedOn.Format("Jan 2, 2006"), "/billing/payments/"+x.ID.String()), text(names.customer[x.CustomerID]), text(x.Reference), text(x.Method), cents(x.AmountCents))
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	a.Screen = "/billing/payments"
	a.fact("paid_cents", int64(sum)).fact("count", int64(n))
	a.say("%s paid ", who).link(sum.Dollars(), "/billing/payments").say(" %s, in %s.", w.words, count(n, "payment"))
	if n == 0 {
		a.Table = nil
	}
	return a, nil
}

// date is a day as billing stores it; window has checked that it is one.
func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// PaceArgs may name a customer.
type PaceArgs struct {
	Customer string `json:"customer,omitempty"`
}

func (s *Service) payPace(ctx context.Context, q PaceArgs) (a Answer, err error) {
	all, err := s.Billing.Standings(ctx)
	if err != nil {
		return a, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return a, err
	}
	all = slices.DeleteFunc(all, func(p billing.Pace) bool { return p.Paid == 0 })
	if q.Customer != "" {
		c, err := s.customerCalled(ctx, q.Customer)
		if err != nil {
			return a, err
		}
		i := slices.IndexFunc(all, func(p billing.Pace) bool { return p.CustomerID == c.ID })
		a.Screen = "/customers/" + c.ID.String()
		if i < 0 {
			a.link(c.Name, a.Screen).say(" has paid no invoice in the last year.")
			return a, nil
		}
		a.fact("pay_days", int64(all[i].AverageDays)).fact("count", int64(all[i].Paid))
		a.link(c.Name, a.Screen).say(" takes %s on average, over %s paid in the last year; its terms are %s.", count(all[i].AverageDays, "day"), count(all[i].Paid, "invoice"), count(c.TermsDays, "day"))
		return a, nil
	}
	slices.SortFunc(all, func(x, y billing.Pace) int {
		return cmp.Or(cmp.Compare(y.AverageDays, x.AverageDays), byName(names.customer[x.CustomerID], names.customer[y.CustomerID]))
	})
	a.Screen = "/customers"
	a.fact("count", int64(len(all)))
	if len(all) == 0 {
		a.say("No invoice was paid in the last year.")
		return a, nil
	}
	slow, fast := all[0], all[len(all)-1]
	a.link(names.customer[slow.CustomerID], "/customers/"+slow.CustomerID.String()).say(" pays slowest, after %s on average; ", count(slow.AverageDays, "day"))
	a.link(names.customer[fast.CustomerID], "/customers/"+fast.CustomerID.String()).say(" fastest, after %s.", count(fast.AverageDays, "day"))
	a.columns("Customer", "#Days to pay", "#Invoices paid", "#Open", "#Past due")
	for _, p := range all {
		a.row(names.customer[p.CustomerID], to(names.customer[p.CustomerID], "/customers/"+p.CustomerID.String()), number(p.AverageDays), number(p.Paid), cents(money.Cents(p.OpenCents)), cents(money.Cents(p.LateCents)))
	}
	return a, nil
}

// RevenueArgs narrows and groups revenue.
type RevenueArgs struct {
	Since     string `json:"since,omitempty" jsonschema:"first day of delivery, YYYY-MM-DD; the first of this month when left out"`
	Through   string `json:"through,omitempty" jsonschema:"last day, YYYY-MM-DD"`
	By        string `json:"by,omitempty" jsonschema:"customer, lane, driver, truck, equipment, week or month"`
	Customer  string `json:"customer,omitempty"`
	Equipment string `json:"equipment,omitempty"`
	Truck     string `json:"truck,omitempty" jsonschema:"its unit number"`
	Driver    string `json:"driver,omitempty"`
}

// earned are the states in which a load's money is earned.
var earned = []lifecycle.State{lifecycle.Delivered, lifecycle.PODReceived, lifecycle.ReadyToBill, lifecycle.Invoiced, lifecycle.Paid, lifecycle.Closed, lifecycle.Claim}

func (s *Service) revenue(ctx context.Context, q RevenueArgs) (a Answer, err error) {
	today, err := s.today(ctx)
	if err != nil {
		return a, err
	}
	if q.Since+q.Through == "" {
		q.Since, q.Through = today.AddDate(0, 0, 1-today.Day()).Format(time.DateOnly), today.Format(time.DateOnly)
	}
	w, err := s.window(ctx, q.Since, q.Through)
	if err != nil {
		return a, err
	}
	ls, _, _, err := s.loadsOf(ctx, LoadsArgs{Customer: q.Customer, Truck: q.Truck, Driver: q.Driver, Equipment: q.Equipment, Event: "delivery", Since: q.Since, Through: q.Through})
	if err != nil {
		return a, err
	}
	ls = slices.DeleteFunc(ls, func(l loads.Load) bool { return !slices.Contains(earned, lifecycle.State(l.State)) })
	key, err := s.grouped(ctx, q.By)
	if err != nil {
		return a, err
	}
	groups := map[string]*takings{}
	all := takings{}
	for _, l := range ls {
		all.add(l)
		if key != nil {
			name, href := key(l)
			if groups[name] == nil {
				groups[name] = &takings{name: name, href: href}
			}
			groups[name].add(l)
		}
	}
	a.Screen = "/loads?deliver_from=" + cmp.Or(q.Since, q.Through) + "&deliver_to=" + cmp.Or(q.Through, q.Since)
	a.fact("revenue_cents", int64(all.sum)).fact("count", int64(all.n)).fact("miles", int64(all.miles))
	a.say("Revenue%s of loads to be delivered %s was ", whose(q), w.words).link(all.sum.Dollars(), a.Screen).say(" on %s", count(all.n, "delivered load"))
	if all.miles > 0 {
		a.say(", %s a loaded mile", mile(all.milesSum, all.miles))
	}
	a.say(".")
	if key != nil {
		tellGroups(&a, q.By, groups)
	}
	return a, nil
}

func whose(q RevenueArgs) string {
	var out strings.Builder
	for _, x := range [][2]string{{" with ", q.Customer}, {" of truck ", q.Truck}, {" of ", q.Driver}, {" of ", strings.ReplaceAll(q.Equipment, "_", " ")}} {
		if x[1] != "" {
			out.WriteString(x[0] + x[1])
		}
	}
	return out.String()
}

// takings are a group's loads.
type takings struct {
	name, href    string
	n, miles      int
	sum, milesSum money.Cents // milesSum: of those whose miles are known
}

func (t *takings) add(l loads.Load) {
	t.n++
	t.sum += l.TotalCents
	if l.Miles != nil && *l.Miles > 0 {
		t.miles += *l.Miles
		t.milesSum += l.TotalCents
	}
}

func tellGroups(a *Answer, by string, groups map[string]*takings) {
	rows := make([]*takings, 0, len(groups))
	for _, g := range groups {
		rows = append(rows, g)
	}
	inTime := by == "week" || by == "month"
	slices.SortFunc(rows, func(x, y *takings) int {
		if inTime {
			return cmp.Compare(x.name, y.name)
		}
		return cmp.Or(cmp.Compare(y.sum, x.sum), byName(x.name, y.name))
	})
	a.columns(ucfirst(by), "#Loads", "#Revenue", "#Miles", "#A mile")
	for _, g := range rows {
		rate := "–"
		if g.miles > 0 {
			rate = mile(g.milesSum, g.miles)
		}
		a.row(g.name, to(g.name, g.href), number(g.n), cents(g.sum), number(g.miles), text(rate))
	}
}

// grouped is the key by which revenue is split; nil for none.
func (s *Service) grouped(ctx context.Context, by string) (func(loads.Load) (name, href string), error) {
	names, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	z, err := s.zone(ctx)
	if err != nil {
		return nil, err
	}
	when := func(l loads.Load, layout string, back func(time.Time) time.Time) string {
		t := l.DeliverBy.In(z)
		if at, err := clock.Zone(l.DeliverZone); err == nil && l.DeliverZone != "" {
			t = l.DeliverBy.In(at)
		}
		return back(t).Format(layout)
	}
	switch by {
	case "":
		return nil, nil
	case "customer":
		return func(l loads.Load) (string, string) {
			return names.customer[ids.Of(l.CustomerID)], "/customers/" + ids.Of(l.CustomerID).String()
		}, nil
	case "truck":
		return func(l loads.Load) (string, string) {
			return named(names.truck[ids.Of(l.TruckID)], "/fleet/trucks/", ids.Of(l.TruckID))
		}, nil
	case "driver":
		return func(l loads.Load) (string, string) {
			return named(names.driver[ids.Of(l.DriverID)], "/fleet/drivers/", ids.Of(l.DriverID))
		}, nil
	case "lane":
		return func(l loads.Load) (string, string) { return lane(l), "" }, nil
	case "equipment":
		return func(l loads.Load) (string, string) { return strings.ReplaceAll(l.Equipment, "_", " "), "" }, nil
	case "month":
		return func(l loads.Load) (string, string) {
			return when(l, "2006-01", func(t time.Time) time.Time { return t }), ""
		}, nil
	case "week":
		return func(l loads.Load) (string, string) {
			return when(l, time.DateOnly, func(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }), ""
		}, nil
	}
	return nil, errs.Invalid("revenue is not split by %q", by)
}

func named(name, base string, id ids.ID) (string, string) {
	if name == "" {
		return "none", ""
	}
	return name, base + id.String()
}

// LaneArgs is a lane.
type LaneArgs struct {
	From      string `json:"from" jsonschema:"city and state, or a ZIP"`
	To        string `json:"to"`
	Equipment string `json:"equipment,omitempty" jsonschema:"van when left out"`
}

func (s *Service) lanePrice(ctx context.Context, q LaneArgs) (a Answer, err error) {
	q.Equipment = cmp.Or(q.Equipment, "van")
	p, err := s.Pricing.Price(ctx, pricing.Ask{From: pricing.Place{Text: q.From}, To: pricing.Place{Text: q.To}, Equipment: q.Equipment})
	if err != nil {
		return a, err
	}
	a.Screen = "/lanes?" + laneQuery(q)
	a.fact("mid_cents", int64(p.Mid)).fact("low_cents", int64(p.Low)).fact("high_cents", int64(p.High)).fact("comparables", int64(p.Comparables))
	a.say("%s %s to %s pays about ", ucfirst(strings.ReplaceAll(q.Equipment, "_", " ")), q.From, q.To).link(p.Mid.Dollars(), a.Screen)
	a.say(" on %s miles, $%.2f a mile; eight of ten loads lie between %s and %s. That is from %s of the lane in the last year.", group(p.Miles), p.Range.Mid, p.Low.Dollars(), p.High.Dollars(), count(p.Comparables, "load"))
	a.columns("Load", "Booked", "#Line haul and fuel", "#A mile")
	for _, c := range p.Recent {
		a.row(c.Number, to(c.Number, loadHref(c.Load)), text(c.Date().Format("Jan 2, 2006")), cents(money.Cents(c.Cents)), text(mile(money.Cents(c.Cents), c.Miles)))
	}
	if len(p.Recent) == 0 {
		a.Table = nil
	}
	return a, nil
}

// MoreArgs is what to ask a broker for.
type MoreArgs struct {
	Load string `json:"load" jsonschema:"the load's number"`
	More string `json:"more" jsonschema:"dollars beside what it pays now, such as 150.00"`
}

func (s *Service) askForMore(ctx context.Context, q MoreArgs) (a Answer, err error) {
	more, err := money.Parse(q.More)
	if err != nil || more <= 0 || more > 1_000_000 {
		return a, errs.Invalid("ask for more than nothing and at most $10,000")
	}
	l, err := s.loadCalled(ctx, q.Load)
	if err != nil {
		return a, err
	}
	f, err := s.Loads.Get(ctx, l.ID)
	if err != nil {
		return a, err
	}
	now := pricing.Offered(f)
	target := now + more
	ask, _ := pricing.AskOf(f)
	evidence, where := "", ""
	if p, err := s.Pricing.Price(ctx, ask); err == nil {
		evidence = fmt.Sprintf("The lane has been paying %s to %s on these miles.\n", p.Mid.Dollars(), p.High.Dollars())
		where = fmt.Sprintf(" %s is %s for the lane (%s to %s).", target.Dollars(), p.Standing(target), p.Low.Dollars(), p.High.Dollars())
		if target > p.High {
			evidence = "" // it speaks against what is asked for
		}
	} else if errs.KindOf(err) != errs.KindNotFound && errs.KindOf(err) != errs.KindInvalid {
		return a, err
	}
	who, err := s.signature(ctx)
	if err != nil {
		return a, err
	}
	ref := l.CustomerRef
	if ref == "" {
		ref = l.Number
	}
	a.Records, a.Screen = []string{l.Number}, "/lanes?load="+l.ID.String()
	a.fact("asked_cents", int64(target)).fact("now_cents", int64(now))
	a.say("A draft for ").link(l.Number, loadHref(l.ID)).say(" that asks for %s instead of %s.%s Nothing was sent.", target.Dollars(), now.Dollars(), where)
	a.Draft = fmt.Sprintf("Hi,\n\nOn load %s, %s: you have %s on it. Could you do %s, %s more?\n%sWe can confirm right away.\n\n%s", ref, lane(l), now.Dollars(), target.Dollars(), more.Dollars(), evidence, who)
	return a, nil
}

func laneQuery(q LaneArgs) string {
	return "from=" + escape(q.From) + "&to=" + escape(q.To) + "&equipment=" + q.Equipment
}
