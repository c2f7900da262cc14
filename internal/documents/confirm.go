package documents

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"truckflow/internal/documents/extract"
	"truckflow/internal/documents/internal/documentsdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
)

// memory is what the company's confirmed papers have taught.
func (s *Service) memory(ctx context.Context) (m extract.Memory, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		b, err := documentsdb.New(tx).Layouts(ctx)
		if pg.IsNoRows(err) {
			return nil
		} else if err != nil {
			return err
		}
		return json.Unmarshal(b, &m)
	})
	return m, err
}

// Confirm takes what a person has settled for what a rate confirmation says, by
// path: its layout is learnt, and where the reader was corrected the paper becomes
// a test case. The same paper again teaches nothing. Needs EditLoads.
func (s *Service) Confirm(ctx context.Context, id ids.ID, said map[string]string) error {
	if _, err := identity.Require(ctx, identity.EditLoads); err != nil {
		return err
	}
	d, err := s.Get(ctx, id)
	if err != nil || d.State != "read" || d.Kind != extract.RateConfirmation {
		return err
	}
	data, err := s.bytes(ctx, d)
	if err != nil {
		return err
	}
	paper, err := s.Paper.Read(ctx, data)
	if err != nil {
		return err
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return err
	}
	pages, o := kernelPages(paper), s.options(company)
	r := extract.Read(pages, o) // as the rules alone have it
	said = printed(pages, r, said)
	score := extract.Compare(r, extract.Label{Values: said, Only: true})
	label, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, now := documentsdb.New(tx), s.Clock.Now()
		n, err := q.Confirm(ctx, documentsdb.ConfirmParams{DocumentID: id, Label: label, Corrected: score.Missed + score.Wrong, ConfirmedAt: now})
		if err != nil || n == 0 {
			return err
		}
		b, err := q.LockLayouts(ctx, now)
		if err != nil {
			return err
		}
		var m extract.Memory
		if err := json.Unmarshal(b, &m); err != nil {
			return err
		}
		if b, err = json.Marshal(m.Learn(pages, o, said)); err != nil {
			return err
		}
		return q.SetLayouts(ctx, b)
	})
}

// printed leaves of what was settled what the paper says: a rate that was bargained
// for after it came is true of the load, and not of the paper.
func printed(pages []extract.Page, r *extract.Reading, said map[string]string) map[string]string {
	var b strings.Builder
	for _, p := range pages {
		for _, w := range p.Words {
			b.WriteString(bare(w.Text))
		}
	}
	all := b.String()
	read := map[string]string{}
	for _, f := range r.Fields() {
		read[f.Path] = f.Value
	}
	out := map[string]string{}
	for path, v := range said {
		field := path[strings.LastIndexByte(path, '.')+1:]
		switch field {
		case "type", "document_type", "equipment", "window_start", "window_end", "state":
			out[path] = v // printed in other words
			continue
		}
		if read[path] == v || strings.Contains(all, bare(v)) || strings.Contains(all, bare(strings.TrimSuffix(v, ".00"))) {
			out[path] = v
		}
	}
	return out
}

// bare is letters and figures alone, in lower case.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// Corrections counts the papers that the reader was corrected on; needs SeeDocuments.
func (s *Service) Corrections(ctx context.Context) (n int, err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return 0, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		c, err := documentsdb.New(tx).CountCorrected(ctx)
		n = int(c)
		return err
	})
	return n, err
}

// ExportCases writes the papers that the reader was corrected on, each with its
// label, as a zip: the folder that `truckflow extract score` takes. It returns how
// many. Needs EditCompany: the papers are whole.
func (s *Service) ExportCases(ctx context.Context, w io.Writer) (n int, err error) {
	if _, err := identity.Require(ctx, identity.EditCompany); err != nil {
		return 0, err
	}
	z := zip.NewWriter(w)
	var after ids.ID
	for {
		var rows []documentsdb.CorrectedRow
		err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
			rows, err = documentsdb.New(tx).Corrected(ctx, after)
			return err
		})
		if err != nil {
			return n, err
		}
		if len(rows) == 0 {
			return n, z.Close()
		}
		for _, row := range rows {
			after = row.ID
			if err := s.exportCase(ctx, z, row); err != nil {
				return n, err
			}
			n++
		}
	}
}

// suffixes are the names of what a case can be.
var suffixes = map[string]string{"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/tiff": ".tif", "message/rfc822": ".eml"}

func (s *Service) exportCase(ctx context.Context, z *zip.Writer, row documentsdb.CorrectedRow) error {
	data, err := s.bytes(ctx, Document{BlobKey: row.BlobKey})
	if err != nil {
		return err
	}
	var said map[string]string
	if err := json.Unmarshal(row.Label, &said); err != nil {
		return err
	}
	label := nested(said)
	label["only"] = true
	text, err := json.MarshalIndent(label, "", " ")
	if err != nil {
		return err
	}
	ext := suffixes[row.ContentType]
	if ext == "" {
		ext = ".txt"
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{row.ID.String() + ext, data}, {row.ID.String() + ".label.json", text}} {
		out, err := z.Create(f.name)
		if err == nil {
			_, err = out.Write(f.data)
		}
		if err != nil {
			return fmt.Errorf("case %s: %w", f.name, err)
		}
	}
	return nil
}

// nested turns values by path into the shape of a label.
func nested(said map[string]string) map[string]any {
	out := map[string]any{}
	stops := map[int]map[string]any{}
	for path, v := range said {
		var value any = v
		switch path {
		case "weight_lb", "pieces", "miles", "trailer_length_ft", "temperature_min_f", "temperature_max_f":
			if n, err := strconv.Atoi(v); err == nil {
				value = n
			}
		}
		rest, of := strings.CutPrefix(path, "stops[")
		index, field, ok := strings.Cut(rest, "].")
		if i, err := strconv.Atoi(index); of && ok && err == nil {
			if stops[i] == nil {
				stops[i] = map[string]any{}
			}
			stops[i][field] = value
			continue
		}
		out[path] = value
	}
	if len(stops) > 0 {
		list := make([]map[string]any, 0, len(stops))
		for _, i := range slices.Sorted(maps.Keys(stops)) {
			list = append(list, stops[i])
		}
		out["stops"] = list
	}
	return out
}
