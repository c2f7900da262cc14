package inbox

import (
	"context"
	"strings"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/identity"
	"truckflow/internal/inbox/internal/inboxdb"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
)

// Kin is a load that other papers of a document's mail thread belong to.
type Kin struct {
	Load     ids.ID
	Later    bool // a rate confirmation of it was written after this document's mail
	Stranger bool // nobody of this sender's house has written about it; a claim, as a sender always is
}

// kinWait is how long a paper waits for those that came before it in its thread.
const kinWait = 5 * time.Minute

// Kin returns the loads of the thread that a document came in; none when it came
// in no mail. wait is true while a paper that was written earlier is still being
// read: ask again. Needs SeeDocuments.
func (s *Service) Kin(ctx context.Context, doc ids.ID) (kin []Kin, wait bool, err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return nil, false, err
	}
	var mine Message
	var thread []Entry
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := inboxdb.New(tx)
		if mine, err = q.FirstWith(ctx, doc); err != nil {
			return err
		}
		thread, err = entries(ctx, q, mine.ThreadID)
		return err
	})
	if pg.IsNoRows(err) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, err
	}
	at := map[ids.ID]int{}
	before := true // the papers that come before it, its own mail's among them
	for _, e := range thread {
		for _, f := range e.Files {
			if f.DocumentID == nil {
				continue
			}
			if *f.DocumentID == doc {
				before = before && e.ID != mine.ID
				continue
			}
			d, err := s.Documents.Get(ctx, *f.DocumentID)
			if errs.Is(err, errs.KindNotFound) {
				continue
			} else if err != nil {
				return nil, false, err
			}
			if before && s.undecided(d) {
				return nil, true, nil
			}
			if d.LoadID == nil {
				continue
			}
			i, known := at[*d.LoadID]
			if !known {
				i = len(kin)
				at[*d.LoadID], kin = i, append(kin, Kin{Load: *d.LoadID, Stranger: true})
			}
			kin[i].Later = kin[i].Later || d.Kind == extract.RateConfirmation && e.At.After(mine.At)
			kin[i].Stranger = kin[i].Stranger && house(e.FromAddress) != house(mine.FromAddress)
		}
	}
	return kin, false, nil
}

// undecided reports a paper of which it is not yet known whose load it is.
func (s *Service) undecided(d documents.Document) bool {
	now := s.Clock.Now()
	switch d.State {
	case "received", "reading":
		return now.Sub(d.ReceivedAt) < kinWait
	case "read":
		return d.Kind == extract.RateConfirmation && d.LoadID == nil && d.ReadAt != nil && now.Sub(*d.ReadAt) < kinWait
	}
	return false
}

// shared are houses in which strangers live side by side.
var shared = map[string]bool{"gmail.com": true, "googlemail.com": true, "yahoo.com": true, "outlook.com": true, "hotmail.com": true, "live.com": true, "msn.com": true, "aol.com": true,
	"icloud.com": true, "me.com": true, "comcast.net": true, "att.net": true, "verizon.net": true, "proton.me": true, "protonmail.com": true}

// house is the part of an address behind the @, or all of it where that says nothing.
func house(address string) string {
	if _, domain, ok := strings.Cut(address, "@"); ok && !shared[domain] {
		return domain
	}
	return address
}
