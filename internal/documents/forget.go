package documents

import (
	"context"

	"truckflow/internal/documents/internal/documentsdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// ForgetKind is the job that has one organisation's documents forgotten when
// their time is over; the app inserts it for each, regularly.
const ForgetKind = "documents.forget"

const dropKind = "documents.drop-files"

type dropJob struct {
	Keys []string `json:"keys"`
}

// Forget deletes the documents whose retention has ended: text, readings, page
// images and the file itself, with a line in the audit trail each. What a load
// still needs for its money stays, and is looked at again the next time. What
// remains is a row that says there was a document. For the program alone.
func (s *Service) Forget(ctx context.Context) error {
	if a, ok := tenant.From(ctx); !ok || a.Role != tenant.SystemRole {
		return errs.Forbidden("only the program forgets documents")
	}
	var after ids.ID
	for {
		due, err := s.due(ctx, after)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			if err := s.forget(ctx, d); err != nil {
				return err
			}
		}
		after = due[len(due)-1].ID
	}
}

func (s *Service) due(ctx context.Context, after ids.ID) (ds []Document, err error) {
	today := s.Clock.Now().UTC()
	return s.many(ctx, func(q *documentsdb.Queries) ([]Document, error) {
		return q.Due(ctx, documentsdb.DueParams{Today: today, After: after})
	})
}

// forget deletes one document. The files go by a job of the same transaction:
// they are gone for certain once it is, and never before.
func (s *Service) forget(ctx context.Context, d Document) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		held, err := s.Held(ctx, d.ID, ids.Of(d.LoadID))
		if err != nil || held {
			return err
		}
		q := documentsdb.New(tx)
		if n, err := q.Delete(ctx, documentsdb.DeleteParams{ID: d.ID, At: s.Clock.Now()}); err != nil || n == 0 {
			return err // another instance was quicker
		}
		if err := q.DeletePages(ctx, d.ID); err != nil {
			return err
		}
		if err := q.DeleteReadings(ctx, d.ID); err != nil {
			return err
		}
		if err := q.DeleteConfirmation(ctx, d.ID); err != nil {
			return err
		}
		if err := s.Identity.Audit(ctx, tx, identity.Entry{Action: "document.forget", Kind: "document", ID: d.ID, Label: d.Filename,
			Detail: map[string]string{"kind": d.Kind, "kept until": d.RetainUntil.Format("2006-01-02")}}); err != nil {
			return err
		}
		s.tell(tx, d.OrgID, d.ID)
		keys := []string{d.BlobKey}
		for no := 1; no <= max(1, d.PageCount); no++ {
			keys = append(keys, pageKey(d, no))
		}
		return s.Jobs.Insert(ctx, tx, dropKind, dropJob{keys})
	})
}

func (s *Service) dropFiles(ctx context.Context, j dropJob) error {
	for _, k := range j.Keys {
		if err := s.Blobs.Delete(ctx, k); err != nil {
			return err
		}
	}
	return nil
}
