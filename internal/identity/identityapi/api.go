// Package identityapi has /v1's people: accounts and open invitations. Neither a
// password's nor a token's hash is in any answer, and an invitation's link is only
// in its mail: an answer is kept for replays, and the link is a way in.
package identityapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
)

type user struct {
	ID          string     `json:"id"`
	Version     int        `json:"version" doc:"send it back with a change"`
	Name        string     `json:"name"`
	Email       string     `json:"email"`
	Role        string     `json:"role" enum:"owner,dispatcher,accountant,safety,driver,viewer"`
	Active      bool       `json:"active" doc:"false: may not sign in"`
	CreatedAt   time.Time  `json:"created_at"`
	LastLoginAt *time.Time `json:"last_login_at,omitempty" doc:"in a browser"`
}

func showUser(u identity.User) user {
	return user{u.ID.String(), u.Version, u.Name, u.Email, u.Role, u.DisabledAt == nil, u.CreatedAt, u.LastLoginAt}
}

type invitation struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name,omitempty"`
	Role      string    `json:"role" enum:"owner,dispatcher,accountant,safety,driver,viewer"`
	InvitedBy string    `json:"invited_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func showInvitation(i identity.Invitation) invitation {
	return invitation{i.ID.String(), i.Email, i.Name, i.Role, i.InvitedBy, i.CreatedAt, i.ExpiresAt}
}

type (
	// ByID is a path that names one thing; huma reads embedded types only when they are exported.
	ByID struct {
		ID string `path:"id" format:"uuid"`
	}
	listIn struct {
		Cursor string `query:"cursor" doc:"the next of the page before"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	listOut[V any] struct {
		Body struct {
			Items []V    `json:"items"`
			Next  string `json:"next,omitempty" doc:"left out on the last page"`
		}
	}
	out[V any] struct{ Body V }
	versionIn  struct {
		ByID
		Body struct {
			Version int `json:"version" minimum:"1" doc:"the version you read"`
		}
	}
	editIn struct {
		ByID
		Body struct {
			Version int    `json:"version" minimum:"1" doc:"the version you read"`
			Name    string `json:"name,omitempty" doc:"left out: as it is"`
			Role    string `json:"role,omitempty" enum:"owner,dispatcher,accountant,safety,driver,viewer" doc:"left out: as it is; another role ends every session and token of the person"`
		}
	}
)

func (b ByID) id() (ids.ID, error) {
	id, err := ids.Parse(b.ID)
	if err != nil {
		return id, errs.NotFound("there is no such thing")
	}
	return id, nil
}

func op(id, method, path, summary, more string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: more, Tags: []string{"people"}}
}

func paged[T, V any](rows []T, in *listIn, key func(T) string, show func(T) V) (*listOut[V], error) {
	p, err := page.Slice(rows, page.Request{Cursor: in.Cursor, Limit: in.Limit}, key)
	o := &listOut[V]{}
	o.Body.Items, o.Body.Next = []V{}, p.Next
	for _, x := range p.Items {
		o.Body.Items = append(o.Body.Items, show(x))
	}
	return o, err
}

// Register adds the operations; mail carries an invitation's link.
func Register(a *api.API, s *identity.Service, mail identity.Inviter) {
	users(a, s)
	invitations(a, s, mail)
}

func users(a *api.API, s *identity.Service) {
	api.Register(a, op("list-users", http.MethodGet, "/v1/users", "The company's accounts by name", "Those who may not sign in any more are among them."), identity.ManagePeople,
		func(ctx context.Context, in *listIn) (*listOut[user], error) {
			us, _, err := s.People(ctx)
			if err != nil {
				return nil, err
			}
			return paged(us, in, func(u identity.User) string { return strings.ToLower(u.Name) + " " + u.ID.String() }, showUser)
		})
	api.Register(a, op("get-user", http.MethodGet, "/v1/users/{id}", "One account", ""), identity.ManagePeople, func(ctx context.Context, in *ByID) (*out[user], error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		u, err := s.Person(ctx, id)
		return &out[user]{showUser(u)}, err
	})
	set := func(ctx context.Context, by ByID, version int, change func(*identity.User)) (*out[user], error) {
		id, err := by.id()
		if err != nil {
			return nil, err
		}
		u, err := s.Person(ctx, id)
		if err != nil {
			return nil, err
		}
		change(&u)
		if err := s.SetPerson(ctx, id, version, u.Name, identity.Role(u.Role), u.DisabledAt != nil); err != nil {
			return nil, err
		}
		u, err = s.Person(ctx, id)
		return &out[user]{showUser(u)}, err
	}
	api.Register(a, op("edit-user", http.MethodPatch, "/v1/users/{id}", "Change a person's name or role", "The company keeps at least one owner who can sign in; taking the last one's role away is refused (409)."),
		identity.ManagePeople, func(ctx context.Context, in *editIn) (*out[user], error) {
			return set(ctx, in.ByID, in.Body.Version, func(u *identity.User) {
				if in.Body.Name != "" {
					u.Name = strings.TrimSpace(in.Body.Name)
				}
				if in.Body.Role != "" {
					u.Role = in.Body.Role
				}
			})
		})
	api.Register(a, op("deactivate-user", http.MethodPost, "/v1/users/{id}/deactivate", "Let a person sign in no more",
		"Their sessions and tokens end at once. What they did stays under their name. The last owner who can sign in is refused (409)."),
		identity.ManagePeople, func(ctx context.Context, in *versionIn) (*out[user], error) {
			return set(ctx, in.ByID, in.Body.Version, func(u *identity.User) { u.DisabledAt = &u.CreatedAt })
		})
	api.Register(a, op("reactivate-user", http.MethodPost, "/v1/users/{id}/reactivate", "Let a person sign in again", ""), identity.ManagePeople,
		func(ctx context.Context, in *versionIn) (*out[user], error) {
			return set(ctx, in.ByID, in.Body.Version, func(u *identity.User) { u.DisabledAt = nil })
		})
}

func invitations(a *api.API, s *identity.Service, mail identity.Inviter) {
	api.Register(a, op("list-invitations", http.MethodGet, "/v1/invitations", "Open invitations, oldest first", "Accepted, revoked and expired ones are not shown. The link is in the mail only."),
		identity.ManagePeople, func(ctx context.Context, in *listIn) (*listOut[invitation], error) {
			_, is, err := s.People(ctx)
			if err != nil {
				return nil, err
			}
			return paged(is, in, func(i identity.Invitation) string { return i.ID.String() }, showInvitation)
		})
	type inviteIn struct {
		Body struct {
			Email string `json:"email" format:"email"`
			Name  string `json:"name,omitempty" doc:"proposed to them; they may write it otherwise"`
			Role  string `json:"role" enum:"owner,dispatcher,accountant,safety,driver,viewer"`
		}
	}
	create := op("create-invitation", http.MethodPost, "/v1/invitations", "Invite somebody by mail",
		"The mail holds a link, good once and for seven days, where they choose a password. The link is nowhere else: without a mail server, read it from the kept mail (`GET /v1/mails`).")
	create.DefaultStatus = http.StatusCreated
	api.Register(a, create, identity.ManagePeople, func(ctx context.Context, in *inviteIn) (*out[invitation], error) {
		o, err := s.Invite(ctx, in.Body.Email, strings.TrimSpace(in.Body.Name), identity.Role(in.Body.Role), mail)
		return &out[invitation]{showInvitation(o.Invitation)}, err
	})
	api.Register(a, op("revoke-invitation", http.MethodDelete, "/v1/invitations/{id}", "Take an open invitation back", "Its link opens nothing from now on."), identity.ManagePeople,
		func(ctx context.Context, in *ByID) (*struct{}, error) {
			id, err := in.id()
			if err != nil {
				return nil, err
			}
			return nil, s.RevokeInvitation(ctx, id)
		})
}
