package backup

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// Chunk is one sealed block of something longer.
type Chunk struct {
	Key    string `json:"key"`
	Size   int64  `json:"size"`   // bytes inside
	Stored int64  `json:"stored"` // bytes in the store
	SHA256 string `json:"sha256"` // of what is stored
}

// Space is one tablespace's tar.
type Space struct {
	OID      string  `json:"oid,omitempty"` // "" is the data folder
	Location string  `json:"location,omitempty"`
	Chunks   []Chunk `json:"chunks"`
}

// Manifest is everything a base backup consists of. It holds no content, so it
// is signed and not encrypted.
type Manifest struct {
	ID          string        `json:"id"`               // 20261125T121436Z, its start
	Engine      string        `json:"engine,omitempty"` // "": our own; EnginePgBackRest
	Kind        string        `json:"kind,omitempty"`   // pgBackRest's: full, diff, incr
	Sets        []string      `json:"sets,omitempty"`   // pgBackRest's labels of it, one for each store
	Started     time.Time     `json:"started"`
	Finished    time.Time     `json:"finished"`
	Program     string        `json:"program"` // TruckFlow's version
	Schema      string        `json:"schema"`  // the newest migration applied
	Postgres    string        `json:"postgres"`
	Major       int           `json:"major"`
	SystemID    string        `json:"system_id"`
	Timeline    uint32        `json:"timeline"`
	Start       pgrepl.LSN    `json:"start"`
	Stop        pgrepl.LSN    `json:"stop"` // the log from start to stop is part of the backup
	SegmentSize int64         `json:"segment_size"`
	Superuser   string        `json:"superuser"` // who made the cluster
	Database    string        `json:"database"`
	Spaces      []Space       `json:"spaces,omitempty"`
	Contents    []Chunk       `json:"contents,omitempty"` // PostgreSQL's own backup_manifest
	Settings    []Chunk       `json:"settings,omitempty"` // configuration, keys and secrets
	Files       []Chunk       `json:"files,omitempty"`    // index of the uploads
	FileCount   int           `json:"file_count"`
	FileBytes   int64         `json:"file_bytes"`
	Bytes       int64         `json:"bytes"`  // the cluster's size
	Stored      int64         `json:"stored"` // what it takes in a store
	Took        time.Duration `json:"took_ns"`

	set  string // the one of Sets that is used
	from int    // pgBackRest's number of the store that has it
}

// Verified says that a backup was proved good.
type Verified struct {
	At       time.Time `json:"at"`
	How      string    `json:"how"`      // "read": every block and file checked; "restored": started and compared
	Contents string    `json:"manifest"` // SHA-256 of the manifest that was verified
}

// Listed is a backup as `truckflow backup list` shows it.
type Listed struct {
	Manifest
	Verified *Verified `json:"verified,omitempty"`
	Stores   []string  `json:"stores"`
	Problem  string    `json:"problem,omitempty"` // why it cannot be used
}

var backupID = regexp.MustCompile(`^\d{8}T\d{6}Z$`)

func newID(t time.Time) string { return t.UTC().Format(idLayout) }

// manifests lists the complete backups, oldest first. One whose manifest is
// not in order is in the list, with its problem.
func (r *repo) manifests(ctx context.Context) ([]Listed, error) {
	where := map[string][]string{}
	var failed error
	away := 0
	for _, s := range r.stores {
		keys, err := listStore(ctx, s, "base/")
		if err != nil {
			failed, away = err, away+1
			continue
		}
		for k := range keys {
			if id, ok := strings.CutSuffix(strings.TrimPrefix(k, "base/"), "/manifest.sig"); ok && backupID.MatchString(id) {
				where[id] = append(where[id], s.Name)
			}
		}
	}
	if away == len(r.stores) {
		return nil, failed
	}
	var out []Listed
	for id, stores := range where {
		l := Listed{Stores: stores}
		if err := r.signed(ctx, "base/"+id, &l.Manifest); err != nil {
			l.Problem = errs.Public(err).Message
		}
		l.ID = id
		if v, err := r.verified(ctx, id); err == nil {
			l.Verified = v
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Listed) int { return strings.Compare(a.ID, b.ID) })
	if r.held != nil {
		return r.held(ctx, out)
	}
	return out, nil
}

func (r *repo) verified(ctx context.Context, id string) (*Verified, error) {
	b, err := r.get(ctx, "base/"+id+"/verified.json", nil)
	if err != nil {
		return nil, err
	}
	m, err := r.get(ctx, "base/"+id+"/manifest.json", nil)
	if err != nil {
		return nil, err
	}
	var v Verified
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	if v.Contents != hexSHA(m) {
		return nil, errs.Conflict("another manifest was verified")
	}
	return &v, nil
}

// markVerified records that id was proved good just now.
func (r *repo) markVerified(ctx context.Context, id, how string, now time.Time) error {
	m, err := r.get(ctx, "base/"+id+"/manifest.json", nil)
	if err != nil {
		return err
	}
	b, err := json.Marshal(Verified{At: now, How: how, Contents: hexSHA(m)})
	if err != nil {
		return err
	}
	return r.put(ctx, "base/"+id+"/verified.json", b)
}
