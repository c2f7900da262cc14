package cli

import (
	"fmt"
	"os"
	"text/tabwriter"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/capacity"
	"truckflow/internal/ops/usage"
)

type scaleCapacityCmd struct {
	Trucks int    `help:"Only a fleet of this many trucks."`
	File   string `help:"Unit costs and habits of your own; without a file those that were measured and are built in."`
	Print  bool   `help:"Print the built-in ones instead, as a file to start from."`
	JSON   bool   `help:"For programs."`
}

// Run prints the table.
func (c scaleCapacityCmd) Run(e *env) error {
	if c.Print {
		_, err := e.out.Write(capacity.Default)
		return err
	}
	if c.Trucks < 0 || c.Trucks > 10_000_000 {
		return errs.Invalid("trucks must be between 1 and 10,000,000")
	}
	b := capacity.Default
	var err error
	if c.File != "" {
		if b, err = os.ReadFile(c.File); err != nil {
			return errs.NotFound("the unit costs cannot be opened: %v", err)
		}
	}
	u, err := capacity.Parse(b)
	if err != nil {
		return err
	}
	r := u.Reckon(c.Trucks)
	if c.JSON {
		return e.json(r)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "trucks\tloads/day\tpings/s\tpages/s\tpapers/day\tdatabase/year\tfiles/year\tsingle server\tfirst\tcluster\tfirst\tshards\t")
	for _, x := range r.Rows {
		fmt.Fprintf(w, "%d\t%.0f\t%.1f\t%.1f\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t\n", x.Work.Trucks, x.Work.LoadsDay, x.Work.PingsSec, x.Work.ViewsSec, x.Work.PapersDay,
			usage.Size(int64(x.Work.DatabaseYear)), usage.Size(int64(x.Work.FilesYear)), capacity.Percent(x.Single.Most), x.Single.First, capacity.Percent(x.Cluster.Most), x.Cluster.First, x.Cluster.Shards)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "\nA single server carries %d trucks; first full: %s. A cluster with one database carries %d; first full: %s. Full is %.0f %%.\nMeasured on %s: %s.\n",
		r.SingleUpTo, r.SingleFirst, r.ClusterUpTo, r.ClusterFirst, 100*r.FullAt, r.Date, r.How)
	for _, l := range r.Limits {
		fmt.Fprintf(e.out, "note  %s\n", l)
	}
	return err
}
