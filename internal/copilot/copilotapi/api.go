// Package copilotapi has /v1's copilot.
package copilotapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/copilot"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
)

// Register adds the operations.
func Register(a *api.API, s *copilot.Service) {
	type in struct {
		Body struct {
			Question string `json:"question" minLength:"1" maxLength:"1000"`
			LoadID   string `json:"load_id,omitempty" doc:"the load that \"this load\" means"`
		}
	}
	type out struct {
		Body struct {
			ID     string         `json:"id"`
			Answer copilot.Answer `json:"answer"`
			Text   string         `json:"text" doc:"the answer without links; empty when it is refused"`
			Engine string         `json:"engine" doc:"built-in, or the model that answered"`
			MS     int64          `json:"ms"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "ask-copilot", Method: http.MethodPost, Path: "/v1/copilot/ask", Summary: "Ask the copilot", Tags: []string{"copilot"},
		Description: "Reads with the caller's own permissions. Nothing is changed: what would be is in `answer.proposal` and is confirmed by its own operation."},
		identity.SeeLoads, func(ctx context.Context, i *in) (*out, error) {
			q := copilot.Question{Text: i.Body.Question}
			if i.Body.LoadID != "" {
				id, err := ids.Parse(i.Body.LoadID)
				if err != nil {
					return nil, errs.Invalid("load_id is not an id").Wrap(err)
				}
				q.Load = id
			}
			t, err := s.Ask(ctx, q)
			if err != nil {
				return nil, err
			}
			o := &out{}
			o.Body.ID, o.Body.Answer, o.Body.Text, o.Body.Engine, o.Body.MS = t.ID.String(), t.Answer, t.Answer.Plain(), t.Engine, t.Took.Milliseconds()
			return o, nil
		})
	type one struct {
		ID string `path:"id" format:"uuid"`
	}
	type done struct {
		Body struct {
			Done string `json:"done" doc:"what was done, in words"`
			Href string `json:"href"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "confirm-proposal", Method: http.MethodPost, Path: "/v1/copilot/proposals/{id}/confirm", Summary: "Do what the copilot proposed to you", Tags: []string{"copilot"}},
		identity.SeeLoads, func(ctx context.Context, i *one) (*done, error) {
			id, err := ids.Parse(i.ID)
			if err != nil {
				return nil, errs.NotFound("there is no such proposal to you")
			}
			o := &done{}
			o.Body.Done, o.Body.Href, err = s.Confirm(ctx, id)
			return o, err
		})
}
