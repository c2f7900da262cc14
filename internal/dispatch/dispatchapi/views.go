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
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
)

type view struct {
	ID        string    `json:"id"`
	Screen    string    `json:"screen" enum:"board"`
	Name      string    `json:"name"`
	Query     string    `json:"query" doc:"what the screen's address ends with, such as q=dallas&only=late"`
	Shared    bool      `json:"shared" doc:"everybody in the company sees it"`
	Mine      bool      `json:"mine" doc:"false: a colleague shared it, and only they can delete it"`
	CreatedAt time.Time `json:"created_at"`
}

func showView(ctx context.Context, v dispatch.View) view {
	who, _ := tenant.From(ctx)
	return view{v.ID.String(), v.Screen, v.Name, v.Query, v.Shared, v.UserID == who.User, v.CreatedAt}
}

// views adds the saved filters of screens.
func views(a *api.API, s *dispatch.Service) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"dispatch"}}
	}
	type listIn struct {
		Screen string `query:"screen" enum:"board" default:"board"`
		Cursor string `query:"cursor" doc:"the next of the page before"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	type listOut struct {
		Body struct {
			Items []view `json:"items"`
			Next  string `json:"next,omitempty" doc:"left out on the last page"`
		}
	}
	api.Register(a, op("list-views", http.MethodGet, "/v1/views", "A screen's saved views by name: one's own and those that colleagues share"), identity.SeeLoads,
		func(ctx context.Context, in *listIn) (*listOut, error) {
			vs, err := s.Views(ctx, in.Screen)
			if err != nil {
				return nil, err
			}
			p, err := page.Slice(vs, page.Request{Cursor: in.Cursor, Limit: in.Limit}, func(v dispatch.View) string { return v.Name + " " + v.ID.String() })
			o := &listOut{}
			o.Body.Items, o.Body.Next = []view{}, p.Next
			for _, v := range p.Items {
				o.Body.Items = append(o.Body.Items, showView(ctx, v))
			}
			return o, err
		})
	type saveIn struct {
		Body struct {
			Screen string `json:"screen,omitempty" enum:"board" default:"board"`
			Name   string `json:"name" minLength:"1" maxLength:"60"`
			Query  string `json:"query" maxLength:"1000" doc:"what the screen's address ends with, such as q=dallas&only=late"`
			Shared bool   `json:"shared,omitempty" doc:"let everybody in the company see it"`
		}
	}
	type one struct{ Body view }
	save := op("save-view", http.MethodPost, "/v1/views", "Keep a screen's filter under a name")
	save.DefaultStatus = http.StatusCreated
	api.Register(a, save, identity.SeeLoads, func(ctx context.Context, in *saveIn) (*one, error) {
		v, err := s.SaveView(ctx, in.Body.Screen, in.Body.Name, in.Body.Query, in.Body.Shared)
		return &one{showView(ctx, v)}, err
	})
	api.Register(a, op("delete-view", http.MethodDelete, "/v1/views/{id}", "Forget a saved view of one's own"), identity.SeeLoads, func(ctx context.Context, in *ByID) (*struct{}, error) {
		id, err := ids.Parse(in.ID)
		if err != nil {
			return nil, errs.NotFound("you have no such view")
		}
		return nil, s.DeleteView(ctx, id)
	})
}
