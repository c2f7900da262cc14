package tune

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/redis/rueidis"

	"truckflow/internal/kit/errs"
)

// minRedis is the oldest Redis whose file takes all that Redis decides.
const minRedis = 7

// RedisServer is a connection to the instance that is looked at or changed.
type RedisServer struct{ c rueidis.Client }

// OpenRedis connects to url (redis://, rediss:// or unix://); errs.KindUnavailable
// when it does not answer, errs.KindInvalid when it is older than 7. Close it.
func OpenRedis(ctx context.Context, url string) (*RedisServer, error) {
	opt, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, errs.Invalid("REDIS_URL cannot be understood").Hint("redis://user:password@host:6379")
	}
	opt.DisableCache, opt.DisableRetry, opt.Dialer.Timeout, opt.ForceSingleClient = true, true, answerWithin, true
	c, err := rueidis.NewClient(opt)
	if err != nil {
		return nil, errs.Unavailable("Redis at %s does not answer", strings.Join(opt.InitAddress, ", ")).Hint("is it running, and are address and password right?").Wrap(err)
	}
	s := &RedisServer{c}
	major, err := s.major(ctx)
	if err == nil && major < minRedis {
		err = errs.Invalid("Redis %d is too old: %d or newer is needed", major, minRedis)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the connection.
func (s *RedisServer) Close() { s.c.Close() }

// info is one figure of INFO section.
func (s *RedisServer) info(ctx context.Context, section, name string) (string, error) {
	text, err := s.c.Do(ctx, s.c.B().Info().Section(section).Build()).ToString()
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return v, nil
		}
	}
	return "", refusedBy(err, "+info")
}

func (s *RedisServer) major(ctx context.Context) (int, error) {
	v, err := s.info(ctx, "server", "redis_version")
	if err != nil {
		return 0, err
	}
	v, _, _ = strings.Cut(v, ".")
	return strconv.Atoi(v)
}

// refusedBy turns Redis's refusal into the command that grants the right.
func refusedBy(err error, rights string) error {
	var re *rueidis.RedisError
	if errors.As(err, &re) && strings.HasPrefix(re.Error(), "NOPERM") {
		return errs.Forbidden("this Redis user may not do that").Hint("as its administrator: ACL SETUSER name %s", rights).Wrap(err)
	}
	return err
}

const redisRights = "+info +config|get +config|set +config|rewrite"

// Compare says what differs from all.
func (s *RedisServer) Compare(ctx context.Context, all []Setting) ([]Change, error) {
	now, err := s.c.Do(ctx, s.c.B().ConfigGet().Parameter("*").Build()).AsStrMap()
	if err != nil {
		return nil, refusedBy(err, redisRights)
	}
	return compare(all, now, "this Redis does not know it"), nil
}

// Apply changes what differs with CONFIG SET and writes it into Redis's own file
// with CONFIG REWRITE. The values before are kept in undo first. Either all are
// changed or, after an error, none. Less memory than Redis uses now is refused.
func (s *RedisServer) Apply(ctx context.Context, all []Setting, undo string) (Applied, error) {
	changes, err := s.Compare(ctx, all)
	if err != nil {
		return Applied{}, err
	}
	if err := s.fits(ctx, all); err != nil {
		return Applied{}, err
	}
	out := Applied{Undo: undo, Changed: []Change{}, Restart: []string{}}
	var prev []before
	for _, c := range changes {
		switch {
		case c.Now == nil || !c.Differs:
		case c.Restart:
			out.Restart = append(out.Restart, c.Name)
			out.Notes = append(out.Notes, fmt.Sprintf("%s can only be changed in Redis's file: write \"%s %s\" there and restart it", c.Name, c.Name, c.Text()))
		default:
			out.Changed = append(out.Changed, c)
			prev = append(prev, before{Name: c.Name, Value: c.Now})
		}
	}
	if len(prev) == 0 {
		return out, nil
	}
	if err := keep(undo, prev); err != nil {
		return Applied{}, err
	}
	for i, c := range out.Changed {
		if err := s.set(ctx, c.Name, c.Text()); err != nil {
			return Applied{}, errors.Join(err, s.back(ctx, prev[:i]))
		}
	}
	note, err := s.rewrite(ctx)
	out.Notes = append(out.Notes, note...)
	return out, err
}

// fits refuses a maxmemory below what is used: a cache would lose the rest at
// once, a queue would refuse every write.
func (s *RedisServer) fits(ctx context.Context, all []Setting) error {
	used, err := s.info(ctx, "memory", "used_memory")
	if err != nil {
		return err
	}
	usedBytes, err := strconv.ParseFloat(used, 64)
	if err != nil {
		return err
	}
	want, err := strconv.ParseFloat(canonical(Lookup(all, "maxmemory").Text()), 64)
	if err == nil && usedBytes > want {
		return errs.Conflict("Redis uses %s now, more than the %s it would get", size(int(usedBytes)>>20), size(int(want)>>20)).
			Hint("give the machine more memory, or empty what nobody needs")
	}
	return err
}

func (s *RedisServer) set(ctx context.Context, name, value string) error {
	err := s.c.Do(ctx, s.c.B().ConfigSet().ParameterValue().ParameterValue(name, value).Build()).Error()
	var re *rueidis.RedisError
	if errors.As(err, &re) && !strings.HasPrefix(re.Error(), "NOPERM") {
		return errs.Invalid("Redis refuses %s %s: %s", name, value, re.Error()).Wrap(err)
	}
	return refusedBy(err, redisRights)
}

func (s *RedisServer) back(ctx context.Context, prev []before) (err error) {
	for _, b := range prev {
		err = errors.Join(err, s.set(ctx, b.Name, *b.Value))
	}
	return err
}

// rewrite makes the changes outlast a restart; a Redis without a file says so.
func (s *RedisServer) rewrite(ctx context.Context) (notes []string, err error) {
	err = s.c.Do(ctx, s.c.B().ConfigRewrite().Build()).Error()
	var re *rueidis.RedisError
	if errors.As(err, &re) && !strings.HasPrefix(re.Error(), "NOPERM") {
		return []string{"in force until Redis restarts, not longer: " + re.Error()}, nil
	}
	return nil, refusedBy(err, redisRights)
}

// Undo puts the values kept in undo back and removes the file.
func (s *RedisServer) Undo(ctx context.Context, undo string) (Applied, error) {
	prev, err := kept(undo)
	if err != nil {
		return Applied{}, err
	}
	out := Applied{Undo: undo, Changed: []Change{}, Restart: []string{}}
	for _, b := range prev {
		if b.Value == nil {
			return Applied{}, errs.Invalid("%s does not hold Redis's previous values", undo)
		}
		out.Changed = append(out.Changed, Change{Setting: Setting{Name: b.Name, Value: *b.Value}})
	}
	if err := s.back(ctx, prev); err != nil {
		return Applied{}, err
	}
	if out.Notes, err = s.rewrite(ctx); err != nil {
		return Applied{}, err
	}
	return out, os.Remove(undo)
}
