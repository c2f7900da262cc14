// Package pricingapi has /v1's lane prices.
package pricingapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/pricing"
	"truckflow/internal/pricing/lanerate"
)

type asked struct {
	From       string    `query:"from" required:"true" maxLength:"100" doc:"city and state, or a ZIP"`
	To         string    `query:"to" required:"true" maxLength:"100"`
	Equipment  string    `query:"equipment" required:"true"`
	Miles      int       `query:"miles" minimum:"0" maximum:"6000" doc:"loaded; left out: reckoned"`
	WeightLb   int       `query:"weight_lb" minimum:"0" maximum:"200000"`
	Stops      int       `query:"stops" minimum:"0" maximum:"50"`
	Pickup     time.Time `query:"pickup"`
	CustomerID string    `query:"customer_id"`
}

type priced struct {
	Body struct {
		Miles          int               `json:"miles"`
		MilesEstimated bool              `json:"miles_estimated"`
		PerMile        lanerate.Range    `json:"dollars_per_mile"`
		Low            money.Cents       `json:"p10" doc:"for the whole load: line haul and fuel"`
		Mid            money.Cents       `json:"p50"`
		High           money.Cents       `json:"p90"`
		Engine         string            `json:"engine" enum:"model,baseline" doc:"model only where it beat the baseline on the company's own loads"`
		Comparables    int               `json:"comparables" doc:"loads of the same lane and equipment in the last year"`
		Near           int               `json:"near" doc:"loads between the same states in the last year"`
		Market         float64           `json:"market_dollars_per_mile" doc:"what the equipment pays now, whatever the lane"`
		Drivers        []lanerate.Driver `json:"drivers"`
		Learned        time.Time         `json:"learned_at"`
	}
}

type judged struct {
	Body struct {
		Learned time.Time        `json:"learned_at"`
		Report  *lanerate.Report `json:"report"`
	}
}

// Register adds the operations.
func Register(a *api.API, s *pricing.Service) {
	op := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"lanes"}}
	}
	api.Register(a, op("price-lane", "/v1/lanes/price", "What a lane pays"), identity.SeeMoney, func(ctx context.Context, in *asked) (*priced, error) {
		q := pricing.Ask{From: pricing.Place{Text: in.From}, To: pricing.Place{Text: in.To}, Equipment: in.Equipment, Miles: in.Miles, WeightLb: in.WeightLb, Stops: in.Stops, Pickup: in.Pickup}
		if in.CustomerID != "" {
			id, err := ids.Parse(in.CustomerID)
			if err != nil {
				return nil, errs.Invalid("customer_id is not an id").Wrap(err)
			}
			q.Payer = id
		}
		p, err := s.Price(ctx, q)
		if err != nil {
			return nil, err
		}
		out := &priced{}
		b := &out.Body
		b.Miles, b.MilesEstimated, b.PerMile, b.Low, b.Mid, b.High = p.Miles, p.MilesEstimated, p.Range, p.Low, p.Mid, p.High
		b.Engine, b.Comparables, b.Near, b.Market, b.Drivers, b.Learned = p.Engine, p.Comparables, p.Near, p.Market, p.Drivers, p.Learned
		return out, nil
	})
	api.Register(a, op("lane-model", "/v1/lanes/model", "How good lane prices have been: the rolling backtest"), identity.SeeMoney, func(ctx context.Context, _ *struct{}) (*judged, error) {
		rep, at, err := s.Report(ctx)
		if err == nil && rep == nil {
			err = pricing.ErrUnlearned
		}
		out := &judged{}
		out.Body.Report, out.Body.Learned = rep, at
		return out, err
	})
}
