package takeout

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/blob"
)

// chunk is how much of a table is one entry of the file, in bytes.
const chunk = 4 << 20

//go:embed README.md
var readme []byte

// Find returns the company called name, or whose id it is.
func Find(ctx context.Context, s Settings, name string) (org ids.ID, company string, err error) {
	c, err := connect(ctx, s)
	if err != nil {
		return org, "", err
	}
	defer c.Close(context.WithoutCancel(ctx))
	rows, err := c.Query(ctx, "select id from orgs order by id")
	if err != nil {
		return org, "", err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return org, "", err
	}
	var found []ids.ID
	var known []string
	for _, id := range all {
		var called string
		err := pgx.BeginTxFunc(ctx, c, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			if err := become(ctx, tx, id); err != nil {
				return err
			}
			return tx.QueryRow(ctx, "select coalesce((select name from companies), '')").Scan(&called)
		})
		if err != nil {
			return org, "", err
		}
		known = append(known, fmt.Sprintf("%s (%s)", called, id))
		if id.String() == name || strings.EqualFold(called, name) {
			found, company = append(found, id), called
		}
	}
	switch len(found) {
	case 1:
		return found[0], company, nil
	case 0:
		return org, "", errs.NotFound("no company is called %q", name).Hint("there are: %s", strings.Join(known, ", "))
	}
	return org, "", errs.Conflict("%d companies are called %q", len(found), name).Hint("name its id: %s", strings.Join(known, ", "))
}

// Export writes company org to w, as it stands at one moment.
func Export(ctx context.Context, s Settings, org ids.ID, company string, w io.Writer) (m Manifest, err error) {
	c, err := connect(ctx, s)
	if err != nil {
		return m, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	all, err := tables(ctx, c)
	if err != nil {
		return m, err
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4<<20))
	if err != nil {
		return m, err
	}
	x := exporter{Settings: s, org: org, tar: tar.NewWriter(z), m: Manifest{Tables: map[string]Sum{}}}
	err = pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := become(ctx, tx, org); err != nil {
			return err
		}
		about := About{Format: format, Org: org, Company: company, Exported: s.Now.UTC(), Program: s.Program}
		if about.Schema, err = schema(ctx, tx); err != nil {
			return err
		}
		if err := x.entry("README.md", readme); err != nil {
			return err
		}
		if err := x.json("about.json", about); err != nil {
			return err
		}
		for _, t := range all {
			if err := x.rows(ctx, tx, t); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		x.m.Ledger, err = ledger(ctx, tx)
		return err
	})
	if err == nil {
		err = x.files(ctx)
	}
	if err == nil {
		err = x.json("manifest.json", x.m)
	}
	if err == nil {
		err = x.tar.Close()
	}
	if e := z.Close(); err == nil {
		err = e
	}
	return x.m, err
}

type exporter struct {
	Settings
	org ids.ID
	tar *tar.Writer
	m   Manifest
}

func (x *exporter) entry(name string, data []byte) error {
	if err := x.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), ModTime: x.Now}); err != nil {
		return err
	}
	_, err := x.tar.Write(data)
	return err
}

func (x *exporter) json(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return x.entry(name, append(b, '\n'))
}

// rows writes one table, some megabytes to an entry.
func (x *exporter) rows(ctx context.Context, tx pgx.Tx, t table) error {
	rs, err := tx.Query(ctx, t.rowsOf())
	if err != nil {
		return err
	}
	defer rs.Close()
	sum := newSummer(x.org)
	var buf bytes.Buffer
	part := 0
	flush := func() error {
		part++
		err := x.entry(fmt.Sprintf("rows/%s-%04d.ndjson", t.name, part), buf.Bytes())
		buf.Reset()
		x.tell(t.name, sum.n)
		return err
	}
	for rs.Next() {
		var line string
		if err := rs.Scan(&line); err != nil {
			return err
		}
		sum.add(line)
		buf.WriteString(line)
		buf.WriteByte('\n')
		if buf.Len() >= chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rs.Err(); err != nil {
		return err
	}
	x.m.Tables[t.name] = sum.sum()
	if buf.Len() == 0 {
		return nil
	}
	return flush()
}

// files writes what the company uploaded and what was printed for it. They are
// written after the rows were read: one that came meanwhile is more than the rows
// name, none is less.
func (x *exporter) files(ctx context.Context) error {
	sum := newSummer(x.org)
	for info, err := range x.Blobs.List(ctx, "") {
		if err != nil {
			return err
		}
		if !ownedBy(info.Key, x.org) {
			continue
		}
		if err := x.file(ctx, info.Key, sum); errs.Is(err, errs.KindNotFound) {
			continue // forgotten meanwhile
		} else if err != nil {
			return fmt.Errorf("%s: %w", info.Key, err)
		}
		x.tell("files", sum.n)
	}
	x.m.Files = sum.sum()
	return nil
}

func (x *exporter) file(ctx context.Context, key string, sum *summer) error {
	r, info, err := x.Blobs.Get(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := x.tar.WriteHeader(&tar.Header{Name: "files/" + key, Mode: 0o600, Size: info.Size, ModTime: info.Modified,
		PAXRecords: map[string]string{contentType: info.ContentType}}); err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(x.tar, h), r); err != nil {
		return err
	}
	sum.add(fileLine(key, info.Size, hex.EncodeToString(h.Sum(nil))))
	return nil
}

// contentType is the tar record of what a file is.
const contentType = "TRUCKFLOW.content-type"

func fileLine(key string, size int64, sum string) string {
	return fmt.Sprintf("%s %d %s", key, size, sum)
}

// ownedBy reports whether a storage key is the company's: KIND/ORG/….
func ownedBy(key string, org ids.ID) bool {
	part := strings.Split(key, "/")
	return len(part) > 2 && part[1] == org.String() && blob.CheckKey(key) == nil
}
