package documents

import (
	"context"
	"strings"

	"truckflow/internal/documents/extract"
	"truckflow/internal/identity"
)

// Offer reads a mail's own words and says why they are no rate confirmation; ""
// when they are one. Needs AddDocuments.
func (s *Service) Offer(ctx context.Context, text string) (why string, err error) {
	if _, err := identity.Require(ctx, identity.AddDocuments); err != nil {
		return "", err
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return "", err
	}
	return offer(extract.Read(extract.TextPages(text), s.options(company))), nil
}

// offer asks of words without a form what makes them an agreement: what is paid,
// and from where to where.
func offer(r *extract.Reading) string {
	var missing []string
	if r.TotalRate == nil {
		missing = append(missing, "rate")
	}
	ends := map[string]bool{}
	for _, st := range r.Stops {
		if st.City != nil && st.Type != nil {
			ends[st.Type.Value] = true
		}
	}
	for _, end := range []string{"pickup", "delivery"} {
		if !ends[end] {
			missing = append(missing, end)
		}
	}
	switch {
	case len(missing) == 3:
		return "no paper is attached, and its words are about no load"
	case len(missing) > 0:
		return "no paper is attached, and its words name no " + strings.Join(missing, " and no ")
	case r.DocumentType == nil || r.DocumentType.Value != extract.RateConfirmation:
		return "no paper is attached, and its words do not read as a rate confirmation"
	}
	return ""
}
