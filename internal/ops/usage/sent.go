package usage

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// Sent asks a running program's /metrics how many bytes it has sent since it started,
// and when that was.
func Sent(ctx context.Context, metrics string) (bytes int64, since time.Time, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, metrics, nil)
	if err != nil {
		return 0, since, err
	}
	none := errs.Unavailable("no program shows its figures at %s", metrics)
	res, err := (&http.Client{Timeout: 3 * time.Second}).Do(r)
	if err != nil {
		return 0, since, none.Wrap(err)
	}
	defer res.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if name, v, ok := strings.Cut(lines.Text(), " "); ok {
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				values[name] = f
			}
		}
	}
	sent, ok := values["truckflow_http_sent_bytes_total"]
	began, has := values["process_start_time_seconds"]
	if !ok || !has {
		return 0, since, none.Wrap(lines.Err())
	}
	return int64(sent), time.Unix(int64(began), 0).UTC(), nil
}
