// Package dispatchapi has /v1's suggestions and assignments, and what needs a person.
package dispatchapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/dispatch"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
)

type suggestion struct {
	TruckID       string   `json:"truck_id"`
	Truck         string   `json:"truck"`
	DriverID      string   `json:"driver_id"`
	Driver        string   `json:"driver"`
	TrailerID     string   `json:"trailer_id"`
	Trailer       string   `json:"trailer"`
	DeadheadMiles int      `json:"deadhead_miles" doc:"estimated; meaningless when position_known is false"`
	PositionKnown bool     `json:"position_known"`
	Possible      bool     `json:"possible"`
	Blocks        []string `json:"blocks" doc:"why it may not be dispatched"`
	Reasons       []string `json:"reasons"`
}

// ByID is a path that names one thing. It is exported because huma reads
// embedded types only when they are.
type ByID struct {
	ID string `path:"id" format:"uuid"`
}

// Register adds the operations.
func Register(a *api.API, s *dispatch.Service) {
	type list struct {
		Body struct {
			Items []suggestion `json:"items"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "suggest-trucks", Method: http.MethodGet, Path: "/v1/loads/{id}/suggestions", Summary: "Trucks that could haul a load, best first", Tags: []string{"dispatch"}},
		identity.DispatchLoads, func(ctx context.Context, i *ByID) (*list, error) {
			id, err := ids.Parse(i.ID)
			if err != nil {
				return nil, errs.NotFound("there is no such load")
			}
			sgs, err := s.Suggest(ctx, id)
			o := &list{}
			for _, g := range sgs {
				o.Body.Items = append(o.Body.Items, suggestion{g.Truck.ID.String(), g.Truck.Unit, g.Driver.ID.String(), g.Driver.Name, g.Trailer.ID.String(), g.Trailer.Unit,
					g.Deadhead, g.Known, g.Possible(), append([]string{}, g.Blocks...), g.Reasons})
			}
			return o, err
		})
	type assign struct {
		ByID
		Body struct {
			TruckID   string `json:"truck_id" format:"uuid"`
			TrailerID string `json:"trailer_id,omitempty" doc:"left out: as suggested"`
			DriverID  string `json:"driver_id,omitempty" doc:"left out: the truck's driver"`
			Version   int    `json:"version,omitempty" doc:"the load's version you saw; left out: any"`
			Dispatch  bool   `json:"dispatch,omitempty" doc:"also dispatch it now"`
		}
	}
	type assigned struct {
		Body struct {
			State   string `json:"state"`
			Version int    `json:"version"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "assign-load", Method: http.MethodPost, Path: "/v1/loads/{id}/assignment", Summary: "Put a truck, driver and trailer on a load", Tags: []string{"dispatch"}},
		identity.DispatchLoads, func(ctx context.Context, i *assign) (*assigned, error) {
			id, err := ids.Parse(i.ID)
			if err != nil {
				return nil, errs.NotFound("there is no such load")
			}
			c := dispatch.Choice{Version: i.Body.Version, Dispatch: i.Body.Dispatch}
			for _, x := range []struct {
				s  string
				to *ids.ID
			}{{i.Body.TruckID, &c.TruckID}, {i.Body.TrailerID, &c.TrailerID}, {i.Body.DriverID, &c.DriverID}} {
				if x.s == "" {
					continue
				}
				if *x.to, err = ids.Parse(x.s); err != nil {
					return nil, errs.Invalid("%q is not an id", x.s)
				}
			}
			f, err := s.Assign(ctx, id, c)
			o := &assigned{}
			o.Body.State, o.Body.Version = f.State, f.Version
			return o, err
		})
	views(a, s)
	type item struct {
		Kind   string    `json:"kind"`
		Title  string    `json:"title"`
		Detail string    `json:"detail"`
		Since  time.Time `json:"since"`
		Href   string    `json:"href"`
	}
	type items struct {
		Body struct {
			Items []item `json:"items"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "needs-you", Method: http.MethodGet, Path: "/v1/needs-you", Summary: "What waits for a person, most money first", Tags: []string{"dispatch"}},
		identity.SeeLoads, func(ctx context.Context, _ *struct{}) (*items, error) {
			its, err := s.NeedsYou(ctx)
			o := &items{}
			for _, x := range its {
				o.Body.Items = append(o.Body.Items, item{x.Kind, x.Title, x.Detail, x.Since, x.Href})
			}
			return o, err
		})
}
