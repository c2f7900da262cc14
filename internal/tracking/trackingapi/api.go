// Package trackingapi has /v1's positions.
package trackingapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/tracking"
)

type ping struct {
	TruckID  string    `json:"truck_id" format:"uuid"`
	At       time.Time `json:"at"`
	Lat      float64   `json:"lat" minimum:"-90" maximum:"90"`
	Lon      float64   `json:"lon" minimum:"-180" maximum:"180"`
	Heading  float32   `json:"heading,omitempty" minimum:"0" maximum:"360"`
	SpeedMPH float32   `json:"speed_mph,omitempty" minimum:"0" maximum:"150"`
}

// Register adds the operations.
func Register(a *api.API, s *tracking.Service) {
	type in struct {
		Body struct {
			Positions []ping `json:"positions" minItems:"1" maxItems:"500"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "report-positions", Method: http.MethodPost, Path: "/v1/positions", Summary: "Report where trucks are", Tags: []string{"tracking"}, DefaultStatus: 204},
		identity.TrackTrucks, func(ctx context.Context, i *in) (*struct{}, error) {
			var ps []tracking.Ping
			for _, p := range i.Body.Positions {
				id, err := ids.Parse(p.TruckID)
				if err != nil {
					return nil, errs.Invalid("a truck_id is not an id").Wrap(err)
				}
				ps = append(ps, tracking.Ping{TruckID: id, At: p.At, Where: geo.Point{Lat: p.Lat, Lon: p.Lon}, Heading: p.Heading, SpeedMPH: p.SpeedMPH, Source: "api"})
			}
			return nil, s.Report(ctx, ps)
		})
	type out struct {
		Body struct {
			Items []ping `json:"items"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "last-positions", Method: http.MethodGet, Path: "/v1/positions", Summary: "The last position of every truck", Tags: []string{"tracking"}},
		identity.SeeLoads, func(ctx context.Context, _ *struct{}) (*out, error) {
			ls, err := s.Lasts(ctx)
			o := &out{}
			for id, l := range ls {
				o.Body.Items = append(o.Body.Items, ping{id.String(), l.At, l.Lat, l.Lon, l.Heading, l.SpeedMph})
			}
			return o, err
		})
}
