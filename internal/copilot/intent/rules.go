package intent

import (
	"slices"
	"strings"
)

// rule is one way to ask for a kind: each group of need must be met by one of its
// phrases; may lists further words that change nothing; slots names the slots it
// can honour ("!" those it cannot do without). Anything else in the question
// makes it another question.
type rule struct {
	kind  Kind
	need  []string // groups; phrases of a group parted by |
	may   string
	slots string
}

// filler changes nothing in any question.
const filler = "a an the is are was were be been do does did done has have had will would can could should of in on at for to from with and or our we us me my i you your it its they them their that this these those there " +
	"which what who whom whose when where how please show list tell give find get see any all some currently current still yet much many right so about by going be me also"

var rules = []rule{
	{Help, []string{"help|what can you do|what can i ask|what do you know"}, "", ""},

	{AskMore, []string{"draft|write|reply|answer|ask|email|mail|counter"}, "reply to broker customer asking ask for more email mail back message draft write rate counter offer this dollars load on", "!load !cents customer"},
	{AddNote, []string{"note|remark|comment"}, "add put write leave a note remark comment on to load saying that", "!load !text"},
	{AssignTruck, []string{"assign|put|give|send"}, "assign put give send truck to on load driver take it", "!load !truck"},

	{CanTake, []string{"who can take|who could take|who can haul|who could haul|who can cover|who can run|which truck can|which trucks can|which truck could|which trucks could|who should take|best truck|can anyone take|can anybody take|who is able to take"},
		"take haul cover run legally legal load loads make earn what would profit truck trucks driver drivers best able margin pickup pick up picking tomorrow", "load from to equipment when"},

	{Late, []string{"late|at risk|behind|delayed|running late|on time|miss"}, "load loads late risk behind delayed delay running run appointment appointments delivery deliveries deliver pickup pickups why reason reasons anything which time miss their be going tonight truck trucks shipments shipment not make", "when customer count driver truck"},

	{MissingPOD, []string{"missing pod|missing pods|no pod|without pod|without a pod|without pods|pods missing|pod missing|missing a pod|missing proof|no proof|waiting for pod|waiting for pods|pods are missing|pod is missing|missing paperwork|pods do we need|outstanding pods|open pods"},
		"missing no without pod pods proof delivery deliveries load loads waiting paperwork need outstanding open delivered", "customer count state"},
	{ToBill, []string{"ready_to_bill|unbilled|can we bill|can be billed|not billed|not invoiced|to bill|can i bill|bill today|can we invoice|can i invoice"}, "bill billed billing invoice invoiced ready unbilled not load loads money total worth amount deliveries delivered", "customer count state when:today"},
	{Unassigned, []string{"unassigned|no truck|without a truck|without truck|need a truck|needs a truck|not covered|uncovered|without trucks|have no truck|not assigned|still need|open loads"}, "load loads need needs truck trucks unassigned assigned uncovered covered not no without pick pickup picking up pickups open driver", "when customer count"},
	{Review, []string{"review|rate con|rate cons|rate confirmations|rate confirmation|drafts|unread"}, "waiting wait waits review reviewed rate con cons confirmation confirmations draft drafts unread read new need needs not booked inbox", "count"},
	{Needs, []string{"needs me|need me|should i do|needs attention|need attention|needs my attention|first|waits for me|urgent|my attention|to do"}, "needs need me do first attention next urgent most waits waiting", ""},

	{PayPace, []string{"how fast|how long|days to pay|how slow|slowest|fastest|how quickly|pays late|pay late|slow payer|slow payers|how soon"}, "fast long slow slowest fastest quickly soon days pay pays paying take takes customer customers broker brokers average usually late payer payers", "customer"},
	{Paid, []string{"paid|pay us|came in|come in|received|payments|payment|collected|cash"}, "paid pay came come received payments payment collected collect cash money in customer customers broker brokers total last", "customer when"},
	{Owed, []string{"owe|owes|owed|outstanding|open|overdue|past due|unpaid|balance|receivable"}, "owe owes owed outstanding open overdue past due unpaid balance receivable receivables invoice invoices money total still late", "!customer over count"},
	{Receivables, []string{"owe|owes|owed|outstanding|overdue|past due|unpaid|receivables|receivable|aging|ageing"}, "owe owes owed outstanding open overdue past due unpaid balance receivable receivables invoice invoices money total most who everyone everybody customers brokers late aging ageing by biggest", "over count by"},

	{LanePrice, []string{"pay|pays|paying|rate|price|worth|cost|charge|quote|going rate|market"}, "lane pay pays paying rate rates price worth quote charge going market per mile good current load loads should fair ask", "!from !to equipment"},
	{Revenue, []string{"revenue|make|made|earn|earned|gross|sales|billed|turnover|top customers|best customers|biggest customers|rate per mile|per mile"}, "revenue make made earn earned gross sales billed turnover top best biggest customers customer load loads total deliver delivered per mile average our rate haul hauled", "customer when by equipment truck driver"},

	{Expiring, []string{"expire|expires|expired|expiring|expiration|renew|renewal|out of date|medical card|medical cards|cdl|cdls|run out|runs out|due"}, "expire expires expired expiring renew renewal expiration out date medical card cards cdl cdls license licenses licence inspection inspections registration insurance paper papers document documents driver drivers truck trucks trailer trailers due soon run runs whose", "when count"},

	{WhereTruck, []string{"where|location|position|doing"}, "where location position doing now located last seen", "!truck when:now"},
	{WhereDriver, []string{"where|location|position|doing|hauling"}, "where location position doing now located last seen driver truck hauling", "!driver when:now"},
	{FreeTrucks, []string{"free|available|empty|idle|without a load|no load|unused"}, "truck trucks free available empty idle load loads without no unused driver drivers now near sitting units unit", "when:near count"},

	{Load, []string{"where|status|when|who|what|how|show|open|tell|load|details|find"}, "where status load loads deliver delivers delivery delivering pickup pick picks up hauling hauls driver truck pay pays paying rate details tell show open find commodity weight invoiced invoice paid stand stands doing about now state detention who on has arrive arrives eta happening happened", "!load when:now"},
	{Loads, []string{"load|loads|shipment|shipments|freight|deliveries|pickups|trucks rolling|we have"}, "load loads shipment shipments freight pick picks picking pickup pickups deliver delivers delivering delivery deliveries up due going have there scheduled planned hauling run running value worth total", "state when customer truck driver from to equipment count"},
}

// known are all words that some rule, or the filler, explains.
var known = func() map[string]bool {
	k := map[string]bool{}
	for _, w := range strings.Fields(filler) {
		k[w] = true
	}
	for _, r := range rules {
		for _, w := range strings.Fields(r.may + " " + strings.ReplaceAll(strings.Join(r.need, " "), "|", " ")) {
			k[w] = true
		}
	}
	return k
}()

func (r rule) fits(s *scanned) bool {
	if !r.honours(s.found) {
		return false
	}
	left := s.left()
	joined := " " + strings.Join(left, " ") + " "
	for _, group := range r.need {
		if !slices.ContainsFunc(strings.Split(group, "|"), func(p string) bool {
			return strings.Contains(joined, " "+p+" ") || p == s.found.State && p != ""
		}) {
			return false
		}
	}
	explained := strings.Fields(filler + " " + r.may)
	for _, group := range r.need {
		explained = append(explained, strings.Fields(strings.ReplaceAll(group, "|", " "))...)
	}
	return !slices.ContainsFunc(left, func(w string) bool { return !slices.Contains(explained, w) && w != "-" && w != "–" && w != "—" })
}

// honours reports whether the rule has a place for everything that was found,
// and everything that it needs was.
func (r rule) honours(f Slots) bool {
	has := map[string]bool{"customer": f.Customer != nil, "truck": f.Truck != nil, "driver": f.Driver != nil, "load": f.Load != "", "from": f.From != nil, "to": f.To != nil,
		"equipment": f.Equipment != "", "state": f.State != "", "when": f.When != nil, "over": f.Over > 0, "cents": f.Cents > 0, "by": f.By != "", "count": f.Count, "text": f.Text != ""}
	may := map[string]bool{}
	for _, slot := range strings.Fields(r.slots) {
		name, needed := strings.CutPrefix(slot, "!")
		name, only, limited := strings.Cut(name, ":")
		if needed && !has[name] {
			return false
		}
		if limited && has[name] && !span(f.When, only) {
			return false
		}
		may[name] = true
	}
	for name, there := range has {
		if there && !may[name] {
			return false
		}
	}
	return r.kind != CanTake || f.Load != "" || f.From != nil && f.To != nil
}

// span reports whether a span is of the only kind that a rule can honour.
func span(w *Span, only string) bool {
	switch only {
	case "now", "today":
		return w.Words == "now" || w.Words == "right now" || w.Words == "today" || w.Words == "tonight"
	case "near":
		return w.Words == "now" || w.Words == "right now" || w.Words == "today" || w.Words == "tonight" || w.Words == "tomorrow"
	}
	return true
}
