package takeout

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/klauspost/compress/zstd"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/blob"
)

// Bounds of what is believed to be such a file.
const (
	maxLine  = 32 << 20 // bytes of one row; a long paper's reading is the longest
	maxWords = 1 << 20  // of about.json and manifest.json
	batch    = 500      // rows sent at once, or
	batchB   = 1 << 20  // so many bytes
)

// Imported is what was read in.
type Imported struct {
	Org ids.ID
	About
	Manifest
}

// Import reads a company from r, under its own id or, with fresh, under a new one:
// all of it or nothing. It refuses when the company is there.
func Import(ctx context.Context, s Settings, r io.Reader, fresh bool) (out Imported, err error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return out, notOurs(err)
	}
	defer z.Close()
	c, err := connect(ctx, s)
	if err != nil {
		return out, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	all, err := tables(ctx, c)
	if err != nil {
		return out, err
	}
	im := &importer{Settings: s, tables: map[string]table{}, tar: tar.NewReader(z), sums: map[string]*summer{}}
	for _, t := range all {
		im.order = append(im.order, t.name)
		im.tables[t.name] = t
	}
	err = pgx.BeginTxFunc(ctx, c, pgx.TxOptions{}, func(tx pgx.Tx) error {
		im.tx = tx
		if err := im.begin(ctx, fresh); err != nil {
			return err
		}
		if err := im.walk(ctx); err != nil {
			return err
		}
		return im.compare(ctx)
	})
	if err != nil {
		for _, key := range im.put {
			_ = s.Blobs.Delete(context.WithoutCancel(ctx), key)
		}
		return out, friendly(err)
	}
	return Imported{im.org, im.about, im.want}, nil
}

func notOurs(cause error) error {
	return errs.Invalid("this is not a file that truckflow export wrote, or it is cut off").Hint("nothing was read in").Wrap(cause)
}

// friendly names what a person can do about a refusal of the database.
func friendly(err error) error {
	var pe *pgconn.PgError
	var have *errs.Error
	switch {
	case errors.As(err, &have):
		return err
	case errors.As(err, &pe) && pe.ConstraintName == "users_email":
		return errs.Conflict("somebody of this company has an account with the same e-mail in another company of this server").
			Hint("an address signs in to one company of a server; nothing was read in").Wrap(err)
	case errors.As(err, &pe) && (pe.Code[:2] == "22" || pe.Code[:2] == "23" || pe.Code[:2] == "42"):
		return errs.Invalid("the database refuses a row of this file: %s", pe.Message).Hint("the file was changed, or is of a version that does not fit; nothing was read in").Wrap(err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, tar.ErrHeader), errors.Is(err, zstd.ErrMagicMismatch):
		return notOurs(err)
	}
	return err
}

type importer struct {
	Settings
	tx     pgx.Tx
	tables map[string]table
	order  []string
	tar    *tar.Reader

	about    About
	want     Manifest
	org      ids.ID // the company's, here
	schema   string // this database's
	files    *summer
	sums     map[string]*summer // rows as they stood in the file
	put      []string           // files stored so far
	manifest bool
}

// next returns the next entry, nil at the end.
func (im *importer) next() (*tar.Header, error) {
	h, err := im.tar.Next()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, notOurs(err)
	}
	if h.Typeflag != tar.TypeReg {
		return nil, notOurs(fmt.Errorf("%q is not a plain file", h.Name))
	}
	return h, nil
}

func (im *importer) json(v any) error {
	b, err := io.ReadAll(io.LimitReader(im.tar, maxWords))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return notOurs(err)
	}
	return nil
}

// begin reads whose it is and makes the company.
func (im *importer) begin(ctx context.Context, fresh bool) (err error) {
	for _, want := range []string{"README.md", "about.json"} {
		h, err := im.next()
		if err != nil {
			return err
		}
		if h == nil || h.Name != want {
			return notOurs(errors.New("no " + want))
		}
	}
	if err := im.json(&im.about); err != nil {
		return err
	}
	if im.about.Format != format || im.about.Org.IsZero() {
		return errs.Unsupported("this file is of format %d; this program reads %d", im.about.Format, format)
	}
	if im.schema, err = schema(ctx, im.tx); err != nil {
		return err
	}
	if im.about.Schema > im.schema {
		return errs.Unsupported("this file was written by a newer version (%s, schema %s)", im.about.Program, im.about.Schema).Hint("upgrade this installation first; nothing was read in")
	}
	im.org = im.about.Org
	if fresh {
		im.org = ids.New()
	}
	if err := become(ctx, im.tx, im.org); err != nil {
		return err
	}
	// The table of tenants itself has no org_id; its row is made here and never read from a file.
	tag, err := im.tx.Exec(ctx, fmt.Sprintf("insert into %s (id, created_at) values ($1, $2) on conflict do nothing", "orgs"), im.org, im.Now)
	if err == nil && tag.RowsAffected() == 0 {
		err = errs.Conflict("%s is on this server already", im.about.Company).Hint("truckflow import --as-new reads it in as another company, where its people have no account here; nothing was read in")
	}
	im.files = newSummer(im.about.Org)
	return err
}

var partRE = regexp.MustCompile(`^rows/([a-z_]+)-[0-9]{4,}\.ndjson$`)

// walk reads rows and files in the order of the file, up to the manifest.
func (im *importer) walk(ctx context.Context) error {
	for {
		h, err := im.next()
		if err != nil {
			return err
		}
		switch {
		case h == nil && !im.manifest:
			return notOurs(errors.New("no manifest"))
		case h == nil:
			return nil
		case im.manifest:
			return notOurs(errors.New("something after the manifest"))
		case h.Name == "manifest.json":
			im.manifest = true
			err = im.json(&im.want)
		case strings.HasPrefix(h.Name, "files/"):
			err = im.file(ctx, h)
		default:
			m := partRE.FindStringSubmatch(h.Name)
			if m == nil {
				return notOurs(fmt.Errorf("%q", h.Name))
			}
			t, ok := im.tables[m[1]]
			if !ok {
				return errs.Unsupported("this version has no place for %s", m[1]).Hint("nothing was read in")
			}
			err = im.rows(ctx, t)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// rows reads one part of a table.
func (im *importer) rows(ctx context.Context, t table) error {
	sum := im.sums[t.name]
	if sum == nil {
		sum = newSummer(im.about.Org)
		im.sums[t.name] = sum
	}
	lines := bufio.NewScanner(im.tar)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	var b rowBatch
	for lines.Scan() {
		line := lines.Text()
		sum.add(line)
		if im.org != im.about.Org {
			line = strings.ReplaceAll(line, im.about.Org.String(), im.org.String())
		}
		if err := b.add(t, line, im.org); err != nil {
			return err
		}
		if b.n >= batch || b.buf.Len() >= batchB {
			if err := im.send(ctx, t, &b); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return notOurs(err)
	}
	im.tell(t.name, sum.n)
	return im.send(ctx, t, &b)
}

// rowBatch are rows with the same columns, as a JSON array.
type rowBatch struct {
	n       int
	buf     bytes.Buffer
	columns []string
}

// add checks a row and takes it.
func (b *rowBatch) add(t table, line string, org ids.ID) error {
	var row map[string]any
	if err := json.Unmarshal([]byte(line), &row); err != nil {
		return notOurs(err)
	}
	if err := ownFiles(row, org); err != nil {
		return err
	}
	if b.columns == nil {
		for name := range row {
			if name != "org_id" {
				b.columns = append(b.columns, name)
			}
		}
		slices.Sort(b.columns)
	}
	for name := range row {
		if name != "org_id" && !slices.Contains(t.columns, name) {
			return errs.Unsupported("this version has no place for %s.%s", t.name, name).Hint("nothing was read in")
		}
		if name != "org_id" && !slices.Contains(b.columns, name) {
			return notOurs(fmt.Errorf("rows of %s differ in their columns", t.name))
		}
	}
	if b.n == 0 {
		b.buf.WriteByte('[')
	} else {
		b.buf.WriteByte(',')
	}
	b.buf.WriteString(line)
	b.n++
	return nil
}

// ownFiles refuses a value that is the storage key of another company's file:
// whoever may read the row might read the file.
func ownFiles(v any, org ids.ID) error {
	switch v := v.(type) {
	case string:
		part := strings.Split(v, "/")
		if len(part) < 3 || blob.CheckKey(v) != nil {
			return nil
		}
		if id, err := ids.Parse(part[1]); err == nil && id != org {
			return errs.Forbidden("this file names a document of another company").Hint("it was changed by somebody; nothing was read in")
		}
	case []any:
		for _, x := range v {
			if err := ownFiles(x, org); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, x := range v {
			if err := ownFiles(x, org); err != nil {
				return err
			}
		}
	}
	return nil
}

// before makes room for rows that need it.
var before = map[string]string{
	"positions": "select make_position_days(d, d) from (select distinct (at at time zone 'UTC')::date from jsonb_populate_recordset(null::positions, $1)) x (d)", // a table a day
}

// send writes a batch. The company's id is the transaction's and never a row's own.
func (im *importer) send(ctx context.Context, t table, b *rowBatch) error {
	if b.n == 0 {
		return nil
	}
	b.buf.WriteByte(']')
	if sql := before[t.name]; sql != "" {
		if _, err := im.tx.Exec(ctx, sql, b.buf.String()); err != nil {
			return err
		}
	}
	var cols []string
	for _, c := range b.columns {
		cols = append(cols, pgx.Identifier{c}.Sanitize())
	}
	list, name := strings.Join(cols, ", "), pgx.Identifier{t.name}.Sanitize()
	_, err := im.tx.Exec(ctx, fmt.Sprintf("insert into %s (org_id, %s) select app_org(), %s from jsonb_populate_recordset(null::%s, $1)", name, list, list, name), b.buf.String())
	*b = rowBatch{}
	return err
}

// file stores one file under this company.
func (im *importer) file(ctx context.Context, h *tar.Header) error {
	key := strings.TrimPrefix(h.Name, "files/")
	if !ownedBy(key, im.about.Org) {
		return errs.Forbidden("this file names a document of another company").Hint("it was changed by somebody; nothing was read in")
	}
	sum := sha256.New()
	to := strings.Replace(key, im.about.Org.String(), im.org.String(), 1)
	if _, err := im.Blobs.Put(ctx, to, io.TeeReader(im.tar, sum), h.Size, h.PAXRecords[contentType]); err != nil {
		return err
	}
	im.put = append(im.put, to)
	im.files.add(fileLine(key, h.Size, hex.EncodeToString(sum.Sum(nil))))
	im.tell("files", im.files.n)
	return nil
}

// compare holds what stands now against what was exported: counts, sums, the ledger.
func (im *importer) compare(ctx context.Context) error {
	differs := func(what string, got, want any) error {
		return errs.Invalid("%s of this file are not what was exported: %v, want %v", what, got, want).Hint("it was changed or damaged; nothing was read in")
	}
	if got := im.files.sum(); got != im.want.Files {
		return differs("the files", got, im.want.Files)
	}
	for name := range im.want.Tables {
		if _, ok := im.tables[name]; !ok && im.want.Tables[name].Count > 0 {
			return errs.Unsupported("this version has no place for %s", name).Hint("nothing was read in")
		}
	}
	for _, name := range im.order {
		want := im.want.Tables[name]
		read := Sum{SHA256: newSummer(im.org).sum().SHA256}
		if s := im.sums[name]; s != nil {
			read = s.sum()
		}
		if want.SHA256 == "" {
			want = Sum{SHA256: newSummer(im.org).sum().SHA256} // a table that is newer than the file
		}
		if read != want {
			return differs("the rows of "+name, read, want)
		}
		here, err := im.here(ctx, im.tables[name])
		if err != nil {
			return err
		}
		// A row of an older schema has other columns now; that they are all there is what can be said.
		if here.Count != want.Count || im.about.Schema == im.schema && here != want {
			return differs("the rows of "+name+", read back,", here, want)
		}
	}
	got, err := ledger(ctx, im.tx)
	if err == nil && got != im.want.Ledger {
		err = differs("the books", got, im.want.Ledger)
	}
	return err
}

// here sums what the table holds of the company now.
func (im *importer) here(ctx context.Context, t table) (Sum, error) {
	sum := newSummer(im.org)
	rows, err := im.tx.Query(ctx, t.rowsOf())
	if err != nil {
		return Sum{}, err
	}
	var line string
	_, err = pgx.ForEachRow(rows, []any{&line}, func() error { sum.add(line); return nil })
	return sum.sum(), err
}
