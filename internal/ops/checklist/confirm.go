package checklist

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// Confirmation is a person's word for an item, until it expires. They are kept for
// good and never changed: a newer one of the same item takes the older one's place.
type Confirmation struct {
	Item  string          `json:"item"`
	By    string          `json:"by"`
	Note  string          `json:"note"`
	At    time.Time       `json:"at"`
	Until time.Time       `json:"until"`
	Facts json.RawMessage `json:"facts,omitempty"` // the figures that were signed
}

func (k Confirmation) why() string {
	if k.Note == "" {
		return ""
	}
	return ": " + k.Note
}

// Confirm signs item for days (0: as long as the item allows). The figures that the
// item keeps are those of the last look, or of a new one.
func (c *Checklist) Confirm(ctx context.Context, item, by, note string, days int) (k Confirmation, err error) {
	n := slices.IndexFunc(c.entries, func(e entry) bool { return e.id == item })
	if n < 0 {
		return k, errs.NotFound("there is no item %q in the checklist", short(item)).Hint("truckflow checklist lists them")
	}
	e := c.entries[n]
	if e.days == 0 {
		return k, errs.Invalid("%s is looked at, not confirmed", item).Hint("mend it: %s", e.fix)
	}
	if days == 0 {
		days = e.days
	}
	by, note = strings.TrimSpace(by), strings.TrimSpace(note)
	switch {
	case days < 1 || days > e.days:
		return k, errs.Invalid("a confirmation of %s holds 1 to %d days, not %d", item, e.days, days).Field("days", "1 to %d", e.days)
	case by == "" || len(by) > 100:
		return k, errs.Invalid("say who confirms it, in at most 100 letters").Field("by", "1 to 100 letters")
	case note == "" || len(note) > 2000:
		return k, errs.Invalid("say what was done or seen, in at most 2,000 letters").Field("note", "1 to 2,000 letters")
	case c.src.DB == nil:
		return k, errs.Unavailable("confirmations cannot be kept: %s", c.src.NoDB)
	}
	now := c.src.Clock.Now()
	k = Confirmation{Item: item, By: by, Note: note, At: now, Until: now.AddDate(0, 0, days)}
	if e.facts != nil {
		facts, err := e.facts(ctx, c)
		if err != nil {
			return k, err
		}
		if k.Facts, err = json.Marshal(facts); err != nil {
			return k, err
		}
	}
	var company *ids.ID
	if a, ok := tenant.From(ctx); ok {
		company = &a.Org
	}
	err = c.src.DB.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `insert into checklist_confirmations (id, item, at, until, by_name, note, company, facts) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			ids.New(), k.Item, k.At, k.Until, k.By, k.Note, company, k.Facts)
		return err
	})
	return k, err
}

func short(s string) string { return s[:min(len(s), 60)] }

// Signed lists the latest n confirmations, newest first.
func (c *Checklist) Signed(ctx context.Context, n int) ([]Confirmation, error) {
	return c.signatures(ctx, `select item, at, until, by_name, note, company, facts from checklist_confirmations order by at desc, id desc limit $1`, n)
}

// latest is the newest confirmation of each item.
func (c *Checklist) latest(ctx context.Context) (map[string]Confirmation, error) {
	all, err := c.signatures(ctx, `select distinct on (item) item, at, until, by_name, note, company, facts from checklist_confirmations order by item, at desc, id desc`)
	out := map[string]Confirmation{}
	for _, k := range all {
		out[k.Item] = k
	}
	return out, err
}

// signatures reads them as the visitor in ctx may see them: the server is everybody's,
// the name and words of another company's people are not.
func (c *Checklist) signatures(ctx context.Context, sql string, args ...any) (all []Confirmation, err error) {
	viewer, onPage := tenant.From(ctx)
	err = c.src.DB.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (k Confirmation, err error) {
			var company *ids.ID
			err = r.Scan(&k.Item, &k.At, &k.Until, &k.By, &k.Note, &company, &k.Facts)
			if onPage && company != nil && *company != viewer.Org {
				k.By, k.Note = "another company's owner", ""
			}
			return k, err
		})
		return err
	})
	return all, err
}
