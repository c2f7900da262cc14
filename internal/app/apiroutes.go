package app

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/identity"
)

// registerAuth adds the token operation; the request's address comes by header
// resolution because huma hides the *http.Request.
func registerAuth(a *api.API, s *identity.Service, _ func(*http.Request) string) {
	type in struct {
		Body struct {
			Email    string `json:"email" format:"email"`
			Password string `json:"password"`
		}
	}
	type out struct {
		Body struct {
			Token   string    `json:"token"`
			Type    string    `json:"token_type"`
			Expires time.Time `json:"expires_at"`
		}
	}
	api.Public(a, huma.Operation{OperationID: "create-token", Method: http.MethodPost, Path: "/v1/auth/token", Summary: "Trade e-mail and password for a bearer token", Tags: []string{"auth"}},
		func(ctx context.Context, i *in) (*out, error) {
			o := &out{}
			var err error
			o.Body.Token, o.Body.Expires, err = s.IssueToken(ctx, i.Body.Email, i.Body.Password, api.ClientIP(ctx))
			o.Body.Type = "Bearer"
			return o, err
		})
}
