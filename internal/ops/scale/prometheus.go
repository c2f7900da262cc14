package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// Prometheus answers queries over HTTP.
type Prometheus struct {
	url  string
	http *http.Client
}

// NewPrometheus takes the address of the rules. A query may take ten seconds.
func NewPrometheus(address string) *Prometheus {
	return &Prometheus{strings.TrimSuffix(address, "/"), &http.Client{Timeout: 10 * time.Second}}
}

// Value asks for the one value of a query at a moment. ok is false when there is
// none, or more than one: which of them would be meant?
func (p *Prometheus) Value(ctx context.Context, query string, at time.Time) (v float64, ok bool, err error) {
	form := url.Values{"query": {query}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/v1/query", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, false, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := p.http.Do(r)
	if err != nil {
		return 0, false, errs.Unavailable("Prometheus at %s does not answer", p.url).Hint("is it running, and is prometheus: in the scaling rules right?").Wrap(err)
	}
	defer res.Body.Close()
	var a struct {
		Status, Error string
		Data          struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&a); err != nil {
		return 0, false, errs.Unavailable("what answers at %s is no Prometheus (%s)", p.url, res.Status).Wrap(err)
	}
	if a.Status != "success" {
		return 0, false, errs.Invalid("Prometheus refuses the query %.80q: %s", query, a.Error)
	}
	var sample [2]any // seconds, "value"
	switch a.Data.ResultType {
	case "scalar":
		err = json.Unmarshal(a.Data.Result, &sample)
	case "vector":
		var vector []struct{ Value [2]any }
		if err = json.Unmarshal(a.Data.Result, &vector); err != nil || len(vector) != 1 {
			return 0, false, err
		}
		sample = vector[0].Value
	default:
		err = fmt.Errorf("a %s, not a value", a.Data.ResultType)
	}
	if err == nil {
		text, _ := sample[1].(string)
		v, err = strconv.ParseFloat(text, 64)
	}
	return v, err == nil, err
}
