package backup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgbackrest"
	"truckflow/internal/platform/blob"
)

// Store is one place backups are kept.
type Store struct {
	Name string // "folder /srv/backups", "S3 bucket truckflow-backup"
	Blob blob.Store
	Dir  string // the folder where it is one on this machine: its disk must not run full
	Keep Retention

	Copies pgbackrest.Repo // where pgBackRest keeps its part within the same folder or bucket
}

// Retention says how long a store keeps what.
type Retention struct {
	All    time.Duration // every backup, and the log: any moment in it can be restored
	Weekly time.Duration // one backup a week up to this age
	Total  time.Duration // one backup a month up to this age
}

// repo is the same repository in one or more stores. The first is written at
// once and must work; the others follow (mirror), so that a store that is away
// for an hour costs nothing but being an hour behind.
type repo struct {
	stores []Store
	keys   *Keys
	held   func(context.Context, []Listed) ([]Listed, error) // pgBackRest's word on the list; nil: none is asked

	mu      sync.Mutex
	pending []string // keys the other stores have not got yet
}

// identity is repo.json.
type identity struct {
	Format   int    `json:"format"`
	SystemID string `json:"system_id"` // PostgreSQL's system identifier
	Signer   string `json:"signer"`    // ed25519 public key, hex
}

const repoKey = "repo.json"

// CopiesPrefix leads what pgBackRest wrote. The dot keeps a folder's listing, which
// reads each file's own end, out of what is not ours.
const CopiesPrefix = ".pgbackrest/"

// claim makes sure that the repository is this cluster's, and marks a new one.
func (r *repo) claim(ctx context.Context, systemID string) error {
	mine := identity{Format: 1, SystemID: systemID, Signer: hex.EncodeToString(r.keys.signer)}
	for _, s := range r.stores {
		have, err := readIdentity(ctx, s)
		switch {
		case errs.Is(err, errs.KindNotFound):
			b, err := json.Marshal(mine)
			if err != nil {
				return err
			}
			if err := put(ctx, s, repoKey, b); err != nil && s.Blob == r.stores[0].Blob {
				return err // the others are tried again at every mirror
			}
		case err != nil && s.Blob == r.stores[0].Blob:
			return err
		case err == nil && have.SystemID != systemID:
			return errs.Conflict("%s holds the backups of another database (%s; this one is %s)", s.Name, have.SystemID, systemID).
				Hint("give this one a folder or bucket of its own; the other's backups stay as they are")
		}
	}
	return nil
}

func readIdentity(ctx context.Context, s Store) (id identity, err error) {
	b, err := get(ctx, s, repoKey)
	if err != nil {
		return id, err
	}
	if err := json.Unmarshal(b, &id); err != nil || id.Format != 1 {
		return id, errs.Unsupported("%s was written by a newer TruckFlow, or is damaged (repo.json)", s.Name).Wrap(err)
	}
	return id, nil
}

// put stores b in one store.
func put(ctx context.Context, s Store, key string, b []byte) error {
	_, err := s.Blob.Put(ctx, key, bytes.NewReader(b), int64(len(b)), "application/octet-stream")
	return err
}

// get reads an object of at most a sealed block.
func get(ctx context.Context, s Store, key string) ([]byte, error) {
	rc, info, err := s.Blob.Get(ctx, key)
	if errs.Is(err, errs.KindInternal) { // a folder's file that was cut short
		return nil, damaged(key, err)
	} else if err != nil {
		return nil, err
	}
	defer rc.Close()
	if info.Size > 2*maxBlock {
		return nil, damaged(key, nil)
	}
	b := make([]byte, info.Size)
	if _, err := io.ReadFull(rc, b); err != nil {
		return nil, errs.Unavailable("%s could not be read from %s", key, s.Name).Wrap(err)
	}
	return b, nil
}

// put writes to the first store; push brings it to the others.
func (r *repo) put(ctx context.Context, key string, b []byte) error {
	err := put(ctx, r.stores[0], key, b)
	if err == nil {
		r.wrote(key)
	}
	return err
}

func (r *repo) wrote(key string) {
	if len(r.stores) < 2 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = append(r.pending, key)
}

// remove deletes from every store; what a store keeps against us (object lock,
// being away) is left to prune.
func (r *repo) remove(ctx context.Context, key string) {
	for _, s := range r.stores {
		_ = s.Blob.Delete(ctx, key) // prune finds it again
	}
}

// push copies what was put since the last push to the other stores. After an
// error everything is still pending.
func (r *repo) push(ctx context.Context) error {
	r.mu.Lock()
	todo := r.pending
	r.pending = nil
	r.mu.Unlock()
	slices.SortStableFunc(todo, func(a, b string) int { return cmp.Compare(late(a), late(b)) })
	for i, k := range todo {
		for _, s := range r.stores[1:] {
			if err := copyObject(ctx, r.stores[0], s, k); err != nil && !errs.Is(err, errs.KindNotFound) { // gone meanwhile: merged
				r.mu.Lock()
				r.pending = append(todo[i:], r.pending...)
				r.mu.Unlock()
				return err
			}
		}
	}
	return nil
}

// get reads from the first store that has an object whose content ok accepts;
// a damaged copy in one store is so healed by the other.
func (r *repo) get(ctx context.Context, key string, ok func([]byte) error) ([]byte, error) {
	var first error
	for _, s := range r.stores {
		b, err := get(ctx, s, key)
		if err == nil && ok != nil {
			err = ok(b)
		}
		if err == nil {
			return b, nil
		}
		if first == nil || errs.Is(first, errs.KindNotFound) {
			first = err
		}
	}
	if errs.Is(first, errs.KindNotFound) {
		return nil, errs.NotFound("%s is missing from the backup", key).Wrap(first)
	}
	return nil, first
}

// list returns the keys under prefix of every store together, with their sizes.
func (r *repo) list(ctx context.Context, prefix string) (map[string]int64, error) {
	out := map[string]int64{}
	var failed error
	worked := false
	for _, s := range r.stores {
		m, err := listStore(ctx, s, prefix)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		worked = true
		for k, n := range m {
			out[k] = n
		}
	}
	if !worked {
		return nil, failed
	}
	return out, nil
}

func listStore(ctx context.Context, s Store, prefix string) (map[string]int64, error) {
	out := map[string]int64{}
	for info, err := range s.Blob.List(ctx, prefix) {
		if errs.Is(err, errs.KindInternal) { // a folder's file that was cut short; its hint names it
			return nil, errs.Conflict("%s is damaged: %s", s.Name, errs.Public(err).HintMsg).Hint("restore from the other store, or put that file back").Wrap(err)
		} else if err != nil {
			return nil, errs.Unavailable("%s cannot be listed", s.Name).Wrap(err)
		}
		out[info.Key] = info.Size
	}
	return out, nil
}

// late sorts what makes other objects count (manifests, their signatures and
// marks) behind them, so that a copy that breaks off never shows a backup
// whose blocks are not there.
func late(key string) int {
	switch {
	case strings.HasSuffix(key, "/verified.json"):
		return 3
	case strings.HasSuffix(key, "/manifest.sig"):
		return 2
	case strings.HasSuffix(key, "/manifest.json"):
		return 1
	}
	return 0
}

// mirror copies to every further store what it lacks of the first, and removes
// there the pieces of log that the first has replaced by whole files. It
// returns how many objects are still missing after it.
func (r *repo) mirror(ctx context.Context) (missing int, err error) {
	if len(r.stores) < 2 {
		return 0, nil
	}
	have, err := listStore(ctx, r.stores[0], "")
	if err != nil {
		return 0, err
	}
	maps.DeleteFunc(have, func(k string, _ int64) bool { return strings.HasPrefix(k, CopiesPrefix) }) // pgBackRest writes each store itself
	for _, s := range r.stores[1:] {
		n, e := mirrorTo(ctx, r.stores[0], s, have)
		missing += n
		err = errors.Join(err, e)
	}
	return missing, err
}

func mirrorTo(ctx context.Context, from, to Store, have map[string]int64) (missing int, err error) {
	there, err := listStore(ctx, to, "")
	if err != nil {
		return len(have), err
	}
	var todo []string
	for k, size := range have {
		if n, ok := there[k]; !ok || n != size {
			todo = append(todo, k)
		}
	}
	slices.SortFunc(todo, func(a, b string) int { return cmp.Or(cmp.Compare(late(a), late(b)), cmp.Compare(a, b)) })
	for i, k := range todo {
		if err := copyObject(ctx, from, to, k); err != nil && !errs.Is(err, errs.KindNotFound) { // gone meanwhile: replaced or pruned
			return len(todo) - i, err
		}
	}
	replaced := map[string]bool{} // segments of which the first store has something newer
	for k := range have {
		if strings.HasPrefix(k, "wal/") {
			seg, _, _ := strings.Cut(k, ".")
			replaced[seg] = true
		}
	}
	for k := range there {
		if seg, _, part := strings.Cut(k, "."); part && have[k] == 0 && replaced[seg] {
			_ = to.Blob.Delete(ctx, k) // tried again at the next mirror
		}
	}
	return 0, nil
}

func copyObject(ctx context.Context, from, to Store, key string) error {
	rc, info, err := from.Blob.Get(ctx, key)
	if err != nil {
		return err
	}
	defer rc.Close()
	_, err = to.Blob.Put(ctx, key, rc, info.Size, info.ContentType)
	return err
}

// sign stores a manifest and its signature, the signature last.
func (r *repo) sign(ctx context.Context, dir string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	if err := r.put(ctx, dir+"/manifest.json", b); err != nil {
		return err
	}
	sig := ed25519.Sign(r.keys.sign, append([]byte(dir+"\n"), b...))
	return r.put(ctx, dir+"/manifest.sig", []byte(hex.EncodeToString(sig)))
}

// signed reads a manifest whose signature is the repository's own signer's.
func (r *repo) signed(ctx context.Context, dir string, v any) error {
	signer, err := r.signer(ctx)
	if err != nil {
		return err
	}
	for _, s := range r.stores {
		b, err1 := get(ctx, s, dir+"/manifest.json")
		sig, err2 := get(ctx, s, dir+"/manifest.sig")
		if err = errors.Join(err1, err2); err != nil {
			continue
		}
		raw, e := hex.DecodeString(strings.TrimSpace(string(sig)))
		if e != nil || !ed25519.Verify(signer, append([]byte(dir+"\n"), b...), raw) {
			err = errs.Conflict("the manifest of %s is not signed by this repository's owner", dir).
				Hint("somebody or something changed it; restore another backup (truckflow backup list)")
			continue
		}
		return json.Unmarshal(b, v)
	}
	return err
}

// signer is who must have signed: the one the key names, else the one the
// repository itself does.
func (r *repo) signer(ctx context.Context) (ed25519.PublicKey, error) {
	if r.keys.signer != nil {
		return r.keys.signer, nil
	}
	var first error
	for _, s := range r.stores {
		id, err := readIdentity(ctx, s)
		if err != nil {
			first = errors.Join(first, err)
			continue
		}
		raw, err := hex.DecodeString(id.Signer)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, damaged(repoKey, err)
		}
		return raw, nil
	}
	if errs.Is(first, errs.KindNotFound) {
		return nil, errs.NotFound("there are no backups in %s", r.stores[0].Name).Wrap(first)
	}
	return nil, first
}

// crew runs jobs side by side and stops at the first error.
type crew struct {
	wg   sync.WaitGroup
	slot chan struct{}
	once sync.Once
	err  error
	stop context.CancelCauseFunc
	ctx  context.Context
}

func newCrew(ctx context.Context, n int) *crew {
	c := &crew{slot: make(chan struct{}, n)}
	c.ctx, c.stop = context.WithCancelCause(ctx)
	return c
}

// do waits for a free hand and starts f; after an error it does nothing more.
func (c *crew) do(f func(ctx context.Context) error) {
	select {
	case c.slot <- struct{}{}:
	case <-c.ctx.Done():
		return
	}
	c.wg.Go(func() {
		defer func() { <-c.slot }()
		if err := f(c.ctx); err != nil {
			c.once.Do(func() { c.err = err; c.stop(err) })
		}
	})
}

// wait returns when all are done, with the first error.
func (c *crew) wait() error {
	c.wg.Wait()
	if c.err == nil {
		c.err = c.ctx.Err() // ended from outside
	}
	c.stop(nil)
	return c.err
}
