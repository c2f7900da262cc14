package copilot

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"truckflow/internal/copilot/intent"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
)

// Tool is something to look up, or to propose: what a model, or another
// assistant over MCP, may call. It acts with the caller's own permissions.
type Tool struct {
	Name     string
	Looks    string // what it looks at, as whoever waits is told: "Looking at late loads"
	About    string
	Needs    identity.Permission
	Proposes bool // makes a proposal; nothing changes before a person confirms it
	Schema   *jsonschema.Schema
	Run      func(ctx context.Context, s *Service, args json.RawMessage) (Answer, error)
}

// tool makes one of a function; its arguments' schema comes from A's fields.
func tool[A any](name, looks, about string, needs identity.Permission, run func(*Service, context.Context, A) (Answer, error)) Tool {
	schema, err := jsonschema.ForType(reflect.TypeFor[A](), nil)
	if err != nil {
		panic("copilot: " + name + ": " + err.Error()) // a type of ours that has no schema; every start would show it
	}
	return Tool{Name: name, Looks: looks, About: about, Needs: needs, Schema: schema, Run: func(ctx context.Context, s *Service, raw json.RawMessage) (Answer, error) {
		var args A
		if len(raw) > 0 {
			d := json.NewDecoder(strings.NewReader(string(raw)))
			d.DisallowUnknownFields()
			if err := d.Decode(&args); err != nil {
				return Answer{}, errs.Invalid("the arguments of %s cannot be read: %s", name, err.Error())
			}
		}
		if _, err := identity.Require(ctx, needs); err != nil {
			return Answer{}, err
		}
		return run(s, ctx, args)
	}}
}

// Tools are all of them, in the order in which they are offered.
var Tools = []Tool{
	tool("find_loads", "loads", "Loads by state, customer, truck, driver, lane and days. Without a state and days: those that are under way.", identity.SeeLoads, (*Service).findLoads),
	tool("get_load", "the load", "Everything about one load by our number or the broker's: state, stops, crew, money.", identity.SeeLoads, (*Service).getLoad),
	tool("late_loads", "late loads", "Loads that are late or will be, with the reason, reckoned from the truck's last position.", identity.SeeLoads, (*Service).late),
	tool("unassigned_loads", "loads without a truck", "Booked loads without a truck.", identity.SeeLoads, (*Service).unassigned),
	tool("missing_pods", "missing PODs", "Delivered loads whose signed proof of delivery is not here.", identity.SeeLoads, (*Service).missingPODs),
	tool("who_can_take", "who can take it", "Trucks and drivers that may take a load, or freight on a lane, best first, with what would be left after the cost of all miles.", identity.DispatchLoads, (*Service).whoCanTake),
	tool("free_trucks", "free trucks", "Where and when each truck is next free.", identity.SeeLoads, (*Service).freeTrucks),
	tool("where_is", "positions", "Where a truck or driver is, and what they haul.", identity.SeeLoads, (*Service).whereIs),
	tool("expiring_papers", "papers that expire", "Papers of drivers, trucks and trailers that expire or have expired.", identity.SeeFleet, (*Service).expiring),
	tool("customer_balance", "what the customer owes", "What a customer owes: open invoices, and those older than so many days.", identity.SeeMoney, (*Service).owed),
	tool("receivables", "what customers owe", "What all customers owe, by age and customer.", identity.SeeMoney, (*Service).receivables),
	tool("ready_to_bill", "what can be billed", "Delivered loads that are not invoiced yet, and what they are worth.", identity.SeeMoney, (*Service).toBill),
	tool("payments", "payments", "Money received in a span of days.", identity.SeeMoney, (*Service).paid),
	tool("pay_pace", "how fast customers pay", "How many days customers take to pay.", identity.SeeMoney, (*Service).payPace),
	tool("revenue", "revenue", "Revenue of delivered loads in a span of days, with rate per mile, by customer, lane, driver, truck, equipment, week or month.", identity.SeeMoney, (*Service).revenue),
	tool("lane_price", "what the lane pays", "What a lane pays, from the company's own loads.", identity.SeeMoney, (*Service).lanePrice),
	tool("review_queue", "the review queue", "Papers that were read and wait to be booked.", identity.SeeDocuments, (*Service).reviewQueue),
	tool("needs_you", "what needs you", "What waits for a person, most money first.", identity.SeeLoads, (*Service).needsYou),
	proposes(tool("ask_for_more", "the load's rate", "Draft a mail to a load's broker that asks for so much more. Nothing is sent.", identity.SeeMoney, (*Service).askForMore)),
	proposes(tool("propose_note", "the load", "Propose a note on a load.", identity.EditLoads, (*Service).proposeNote)),
	proposes(tool("propose_assignment", "who can take it", "Propose to put a truck, with its usual driver, on a load.", identity.DispatchLoads, (*Service).proposeAssignment)),
}

func proposes(t Tool) Tool { t.Proposes = true; return t }

// carryOut answers an understood question with the tool for it.
func (s *Service) carryOut(ctx context.Context, q intent.Intent, tell func(Progress)) (Answer, error) {
	if q.Kind == intent.Help {
		a := Answer{Try: examples}
		a.say("I answer from your own loads, trucks and invoices, with your own permissions. I propose changes; you confirm them. For example:")
		return a, nil
	}
	name, args := toolFor(q)
	t, ok := toolCalled(name)
	if !ok {
		return Answer{}, errs.Internal(fmt.Errorf("kind %s", q.Kind), "no tool answers this")
	}
	tell(Progress{Doing: "Looking at " + t.Looks})
	raw, err := json.Marshal(args)
	if err != nil {
		return Answer{}, err
	}
	return t.Run(ctx, s, raw)
}

func toolCalled(name string) (Tool, bool) {
	i := slices.IndexFunc(Tools, func(t Tool) bool { return t.Name == name })
	if i < 0 {
		return Tool{}, false
	}
	return Tools[i], true
}

// toolFor is the tool that answers an understood question, and its arguments.
func toolFor(q intent.Intent) (tool string, args any) {
	on, customer := span(q.When), name(q.Customer)
	switch q.Kind {
	case intent.Late:
		return "late_loads", LateArgs{Customer: customer, Driver: name(q.Driver), Truck: name(q.Truck), Through: on.Through}
	case intent.CanTake:
		return "who_can_take", TakeArgs{Load: q.Load, From: town(q.From), To: town(q.To), Equipment: q.Equipment, Pickup: on.From}
	case intent.AskMore:
		return "ask_for_more", MoreArgs{Load: q.Load, More: money.Cents(q.Cents).String()}
	case intent.Owed:
		return "customer_balance", OwedArgs{Customer: customer, OlderThanDays: q.Over}
	case intent.Receivables:
		return "receivables", ReceivablesArgs{OlderThanDays: q.Over}
	case intent.Loads:
		return "find_loads", LoadsArgs{State: q.State, Customer: customer, Truck: name(q.Truck), Driver: name(q.Driver), From: town(q.From), To: town(q.To), Equipment: q.Equipment,
			Event: q.Event, Since: on.From, Through: on.Through}
	case intent.Load:
		return "get_load", LoadArgs{Number: q.Load}
	case intent.WhereTruck:
		return "where_is", WhereArgs{Truck: name(q.Truck)}
	case intent.WhereDriver:
		return "where_is", WhereArgs{Driver: name(q.Driver)}
	case intent.FreeTrucks:
		return "free_trucks", FreeArgs{Through: on.Through}
	case intent.Expiring:
		return "expiring_papers", ExpiringArgs{Through: on.Through}
	case intent.ToBill:
		return "ready_to_bill", BillArgs{Customer: customer, ReadyOnly: q.State == "ready_to_bill"}
	case intent.MissingPOD:
		return "missing_pods", PODArgs{Customer: customer}
	case intent.Paid:
		return "payments", PaidArgs{Customer: customer, Since: on.From, Through: on.Through}
	case intent.Revenue:
		return "revenue", RevenueArgs{Since: on.From, Through: on.Through, By: q.By, Customer: customer, Equipment: q.Equipment, Truck: name(q.Truck), Driver: name(q.Driver)}
	}
	return toolForRest(q, on, customer)
}

func toolForRest(q intent.Intent, on daySpan, customer string) (tool string, args any) {
	switch q.Kind {
	case intent.LanePrice:
		return "lane_price", LaneArgs{From: town(q.From), To: town(q.To), Equipment: q.Equipment}
	case intent.PayPace:
		return "pay_pace", PaceArgs{Customer: customer}
	case intent.Review:
		return "review_queue", NoArgs{}
	case intent.Needs:
		return "needs_you", NoArgs{}
	case intent.Unassigned:
		return "unassigned_loads", UnassignedArgs{Customer: customer, Since: on.From, Through: on.Through}
	case intent.AddNote:
		return "propose_note", NoteArgs{Load: q.Load, Text: q.Text}
	case intent.AssignTruck:
		return "propose_assignment", AssignArgs{Load: q.Load, Truck: name(q.Truck)}
	}
	return "", nil
}

// daySpan is a span as tools take it: dates as YYYY-MM-DD, empty without one.
type daySpan struct{ From, Through string }

func span(w *intent.Span) daySpan {
	if w == nil {
		return daySpan{}
	}
	return daySpan{w.From.Format(time.DateOnly), w.To.Format(time.DateOnly)}
}

func name(t *intent.Thing) string {
	if t == nil {
		return ""
	}
	return t.Name
}

func town(p *intent.Place) string {
	if p == nil {
		return ""
	}
	if p.City == "" {
		return p.State
	}
	return p.City + ", " + p.State
}
