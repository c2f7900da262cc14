package cost

import "truckflow/internal/kit/money"

// Claim is a figure of the specification beside what it comes to.
type Claim struct {
	Says  string `json:"says"`
	Is    string `json:"is"`
	Holds bool   `json:"holds"`
	Note  string `json:"note,omitempty"`
}

// specified is the specification's table "Monthly Operating Costs", as it stands there.
var specified = []struct {
	what string
	cost Range
}{
	{"Single Server (64GB RAM, 16 cores)", Range{800_00, 1_200_00}},
	{"Domain + SSL Certificate", Range{50_00, 100_00}},
	{"Backup Storage (1TB)", Range{25_00, 50_00}},
	{"Monitoring Tools", Range{50_00, 200_00}},
}

// claims does the specification's sums again.
func claims() []Claim {
	var total Range
	for _, x := range specified {
		total = total.plus(x.cost)
	}
	cluster := Range{4_000_00, 6_000_00}
	share := func(rev money.Cents) string { return shareOf(total, rev).String() }
	return []Claim{
		{"Total monthly cost $925–1,550", total.String(), total == Range{925_00, 1_550_00}, "the table adds up"},
		{"Infrastructure is 0.1–0.2 % of $1M", share(1_000_000_00), true, "rounded"},
		{"At $50K a month it is 3 %", share(50_000_00), false, "3 % is the upper end alone"},
		{"At $200K a month it is 0.8 %", share(200_000_00), false, "0.8 % is the upper end alone"},
		{"At $1M a month it is 0.15 %", share(1_000_000_00), false, "0.15 % is the upper end alone"},
		{"Break-even analysis", "no break-even: a share of revenue", false, "a break-even is fixed cost ÷ contribution margin a load; it stands above"},
		{"$1M profit target, $1M revenue target", "two different things", false, "shares here are of revenue"},
		{"Cluster beyond $500K a month", shareOf(cluster, 500_000_00).String() + " of revenue", true, "the cluster alone, " + cluster.String()},
		{"Domain + SSL $50–100 a month", "$1.00–$2.00", false, "Let's Encrypt costs nothing, a domain $12 to $20 a year"},
		{"Backup storage 1 TB $25–50", "$6.00–$23.00", false, "object stores in 05/2026; one whole restore from S3 adds $90 of egress"},
		{"AI processing with a 24 GB GPU", "in no price of the single server", false, "a rented one is $438–$1,022 a month: half of the server again, or as much"},
		{"Full cluster $4,000–6,000 with 2 GPU servers", "two rented A100 alone are about $3,066.00", false, "$2.10 an hour each, 05/2026: half of the whole or more"},
		{"Monitoring tools $50–200 a month", "$0.00–$20.00", false, "Prometheus and Grafana run on the server itself"},
	}
}
