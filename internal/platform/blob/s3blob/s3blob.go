// Package s3blob keeps files in any S3: AWS, MinIO, Ceph, R2, Garage, Versity.
// The hash is part of the object's metadata, which S3 wants before the bytes;
// an upload is therefore read completely first (in memory when small, else in
// a temporary file). That also keeps a broken upload from ever reaching S3.
package s3blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob"
)

// Settings say where the bucket is.
type Settings struct {
	Endpoint     string // https://host[:port], or http:// inside a private network
	Region       string // empty: us-east-1 or what the server says
	Bucket       string
	AccessKey    string
	SecretKey    string
	PathStyle    bool   // host/bucket/key instead of bucket.host/key; most servers other than AWS want it
	Prefix       string // leads every object's name, so that a bucket can be shared; empty or ending in a slash
	CreateBucket bool   // make the bucket when it is not there
	// Lock says until when an object must not be deleted or replaced by anybody (S3's
	// object lock, governance mode); zero: it may. nil: nothing is locked. The
	// bucket must have been made with object lock; one that CreateBucket makes is.
	Lock     func(key string) time.Time
	SpoolDir string // for uploads too big for memory; empty: the system's temporary directory
	CA       string // file with the certificate of the authority that vouches for the server; empty: those the system knows
	PartSize int64  // larger files go up in parts of this many bytes; default 16 MiB, S3 wants 5 MiB at least
}

// inMemory is the largest upload that is not spooled to disk.
const inMemory = 4 << 20

// hashKey is the metadata that holds the SHA-256.
const hashKey = "Sha256"

// Store is a blob.Store.
type Store struct {
	client *minio.Client
	set    Settings
	locks  bool // the bucket can lock objects, whether we ask it to or its own rule does
}

var _ blob.Store = (*Store)(nil)

// Open checks that the bucket can be used now, and creates it if Settings allow.
func Open(ctx context.Context, s Settings) (*Store, error) {
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" {
		return nil, errs.Invalid("S3_ENDPOINT is not the address of an S3 service").
			Hint("write it as https://s3.us-east-1.amazonaws.com; the bucket's name is a setting of its own")
	}
	if s.Prefix != "" && !strings.HasSuffix(s.Prefix, "/") {
		return nil, errs.Invalid("the prefix of stored files must end in a slash")
	}
	if s.PartSize <= 0 {
		s.PartSize = 16 << 20
	}
	lookup := minio.BucketLookupAuto
	if s.PathStyle {
		lookup = minio.BucketLookupPath
	}
	wire, err := transport(s.CA)
	if err != nil {
		return nil, err
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""),
		Secure:       u.Scheme == "https",
		Region:       s.Region,
		BucketLookup: lookup,
		Transport:    wire,
		MaxRetries:   3,
	})
	if err != nil {
		return nil, errs.Invalid("the S3 settings do not fit together").Wrap(err)
	}
	st := &Store{client: client, set: s}
	if err := st.ensureBucket(ctx); err != nil {
		return st, err
	}
	return st, st.checkLock(ctx)
}

// transport gives up on a server that does not answer; the bodies themselves
// may take as long as they keep moving.
func transport(ca string) (*http.Transport, error) {
	var trust *tls.Config
	if ca != "" {
		pem, err := os.ReadFile(ca)
		pool := x509.NewCertPool()
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			return nil, errs.Invalid("%s holds no certificate in PEM", ca).Wrap(err)
		}
		trust = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Transport{
		TLSClientConfig:       trust,
		ForceAttemptHTTP2:     ca == "", // as without settings of our own
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 60 * time.Second,
		ExpectContinueTimeout: 10 * time.Second,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   32,
		DisableCompression:    true, // a stored .gz must come back as stored
	}, nil
}

func (s *Store) ensureBucket(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.set.Bucket)
	if err != nil {
		return s.failed(err)
	}
	if ok {
		return nil
	}
	if !s.set.CreateBucket {
		return errs.Unavailable("the file storage is not set up").
			Hint("create the bucket %q or correct S3_BUCKET", s.set.Bucket)
	}
	err = s.client.MakeBucket(ctx, s.set.Bucket, minio.MakeBucketOptions{Region: s.set.Region, ObjectLocking: s.set.Lock != nil})
	switch minio.ToErrorResponse(err).Code {
	case "BucketAlreadyOwnedByYou", "BucketAlreadyExists": // another instance was quicker; the next call tells whether it is ours
		return nil
	}
	if err != nil {
		return s.failed(err)
	}
	return nil
}

// checkLock asks whether the bucket can lock objects, and refuses one that cannot
// where some must be. Not every server knows the question.
func (s *Store) checkLock(ctx context.Context) error {
	on, _, _, _, err := s.client.GetObjectLockConfig(ctx, s.set.Bucket)
	s.locks = err == nil && on == "Enabled"
	if s.set.Lock != nil && !s.locks {
		return errs.Invalid("the bucket %q cannot lock objects", s.set.Bucket).Hint("object lock is chosen when a bucket is made: name a new bucket, or lock nothing").Wrap(err)
	}
	return nil
}

// failed translates what S3 said.
func (s *Store) failed(err error) error {
	var e *errs.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	r := minio.ToErrorResponse(err)
	switch r.Code {
	case "NoSuchKey", "NotFound":
		return blob.NotFound(err)
	case "NoSuchBucket":
		return errs.Unavailable("the file storage is not set up").
			Hint("create the bucket %q or correct S3_BUCKET", s.set.Bucket).Wrap(err)
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidAccessKey", "XAdminUserNotFound", "Forbidden":
		return errs.Unavailable("the file storage refused access").
			Hint("check S3_ACCESS_KEY and S3_SECRET_KEY, and that they may read, write, list and delete in bucket %q", s.set.Bucket).Wrap(err)
	case "RequestTimeTooSkewed":
		return errs.Unavailable("the file storage refused access").
			Hint("set this machine's clock; it differs too much from the storage's").Wrap(err)
	case "XMinioStorageFull", "QuotaExceeded", "InsufficientStorage":
		return errs.Unavailable("the file storage is full; nothing was saved").
			Hint("enlarge the storage behind bucket %q", s.set.Bucket).Wrap(err)
	}
	if r.StatusCode == http.StatusInsufficientStorage {
		return errs.Unavailable("the file storage is full; nothing was saved").
			Hint("enlarge the storage behind bucket %q", s.set.Bucket).Wrap(err)
	}
	return errs.Unavailable("the file storage does not answer").
		Hint("check that %s can be reached from here", s.set.Endpoint).Wrap(err)
}

func (s *Store) name(key string) string { return s.set.Prefix + key }

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	contentType, err := blob.ContentType(contentType)
	if err != nil {
		return blob.Info{}, err
	}
	body, err := s.spool(ctx, r)
	if err != nil {
		return blob.Info{}, err
	}
	defer body.drop()
	if size >= 0 && body.size != size {
		return blob.Info{}, blob.WrongSize(body.size, size)
	}
	opts := minio.PutObjectOptions{
		ContentType:      contentType,
		UserMetadata:     map[string]string{hashKey: body.sha256},
		PartSize:         uint64(s.set.PartSize),
		DisableMultipart: body.size <= s.set.PartSize,
	}
	if s.set.Lock != nil {
		if until := s.set.Lock(key); !until.IsZero() {
			opts.Mode, opts.RetainUntilDate, opts.SendContentMd5 = minio.Governance, until.UTC().Truncate(time.Second), true
		}
	}
	_, err = s.client.PutObject(ctx, s.set.Bucket, s.name(key), body.reader, body.size, opts)
	if err != nil {
		return blob.Info{}, s.failed(err)
	}
	// Not from the answer: it has no time, and not every server's agrees with Stat.
	return s.Stat(ctx, key)
}

// spooled is an upload that was read completely.
type spooled struct {
	reader io.ReadSeeker
	size   int64
	sha256 string
	drop   func()
}

func (s *Store) spool(ctx context.Context, r io.Reader) (sp spooled, err error) {
	hash := sha256.New()
	var buf bytes.Buffer
	src := &source{ctx: ctx, r: r}
	n, err := io.Copy(io.MultiWriter(&buf, hash), io.LimitReader(src, inMemory))
	if err != nil {
		return sp, blob.ReadFailed(err)
	}
	sp = spooled{reader: bytes.NewReader(buf.Bytes()), size: n, drop: func() {}}
	if n == inMemory {
		sp, err = s.spoolToDisk(&buf, src, hash)
		if err != nil {
			return sp, err
		}
	}
	sp.sha256 = hex.EncodeToString(hash.Sum(nil))
	return sp, nil
}

func (s *Store) spoolToDisk(head *bytes.Buffer, rest *source, hash io.Writer) (spooled, error) {
	dir := s.set.SpoolDir
	if dir == "" {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, "truckflow-upload-")
	if err != nil {
		return spooled{}, blob.WriteFailed(dir, err)
	}
	drop := func() { f.Close() }
	// Nameless from here on: nothing is left behind whatever happens to us.
	if err := os.Remove(f.Name()); err != nil {
		drop()
		return spooled{}, blob.WriteFailed(dir, err)
	}
	n, err := io.Copy(f, head)
	if err == nil {
		var m int64
		m, err = io.Copy(io.MultiWriter(f, hash), rest)
		n += m
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	switch {
	case rest.err != nil:
		drop()
		return spooled{}, blob.ReadFailed(rest.err)
	case err != nil:
		drop()
		return spooled{}, blob.WriteFailed(dir, err)
	}
	return spooled{reader: f, size: n, drop: drop}, nil
}

// source keeps the reader's error apart from the disk's and stops with ctx.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (s *Store) info(o minio.ObjectInfo) blob.Info {
	return blob.Info{
		Key:         strings.TrimPrefix(o.Key, s.set.Prefix),
		Size:        o.Size,
		SHA256:      o.UserMetadata[hashKey],
		ContentType: o.ContentType,
		Modified:    o.LastModified.UTC(),
	}
}

// Get implements blob.Store.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	info, err := s.Stat(ctx, key) // GetObject alone would fail only at the first Read
	if err != nil {
		return nil, blob.Info{}, err
	}
	o, err := s.client.GetObject(ctx, s.set.Bucket, s.name(key), minio.GetObjectOptions{})
	if err != nil {
		return nil, blob.Info{}, s.failed(err)
	}
	return &object{o, s}, info, nil
}

// object translates the errors of reading.
type object struct {
	*minio.Object
	s *Store
}

func (o *object) Read(p []byte) (int, error) {
	n, err := o.Object.Read(p)
	if err != nil && err != io.EOF {
		err = o.s.failed(err)
	}
	return n, err
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, key string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	o, err := s.client.StatObject(ctx, s.set.Bucket, s.name(key), minio.StatObjectOptions{})
	if err != nil {
		return blob.Info{}, s.failed(err)
	}
	info := s.info(o)
	info.Key = key
	return info, nil
}

// Delete implements blob.Store. Where objects are locked a plain deletion would
// hide the object and keep its bytes, so each version is removed by its name; one
// that is locked still stays, is seen as before, and is errs.KindConflict.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	if s.locks {
		return s.deleteVersions(ctx, key)
	}
	err := s.failed(s.client.RemoveObject(ctx, s.set.Bucket, s.name(key), minio.RemoveObjectOptions{}))
	if errs.Is(err, errs.KindNotFound) {
		return nil
	}
	return err
}

func (s *Store) deleteVersions(ctx context.Context, key string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range s.client.ListObjectsIter(ctx, s.set.Bucket, minio.ListObjectsOptions{Prefix: s.name(key), WithVersions: true}) {
		if o.Err != nil {
			return s.failed(o.Err)
		}
		if o.Key != s.name(key) {
			continue // another whose name goes on
		}
		err := s.client.RemoveObject(ctx, s.set.Bucket, o.Key, minio.RemoveObjectOptions{VersionID: o.VersionID})
		switch minio.ToErrorResponse(err).Code {
		case "AccessDenied", "ObjectLocked", "InvalidRequest", "MethodNotAllowed":
			return errs.Conflict("%s is locked by the store", key).Wrap(err)
		}
		if err != nil {
			return s.failed(err)
		}
	}
	return nil
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Info{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for o := range s.client.ListObjectsIter(ctx, s.set.Bucket, minio.ListObjectsOptions{Prefix: s.name(prefix), Recursive: true}) {
			if o.Err != nil {
				yield(blob.Info{}, s.failed(o.Err))
				return
			}
			if strings.HasSuffix(o.Key, "/") { // some servers list folders that other programs made
				continue
			}
			i := s.info(o)
			if !yield(blob.Info{Key: i.Key, Size: i.Size, Modified: i.Modified}, nil) {
				return
			}
		}
	}
}

// Ping implements blob.Store. It asks for the bucket and does not write.
func (s *Store) Ping(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.set.Bucket)
	if err != nil {
		return s.failed(err)
	}
	if !ok {
		return s.failed(minio.ErrorResponse{Code: "NoSuchBucket"})
	}
	return nil
}
