// Package apidocs shows the OpenAPI document as a page for people: every
// operation with its permission, parameters, fields and an example to paste.
// It is one page without a script of its own, so that the browser's search and a
// strict content policy both work.
package apidocs

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/web"
)

// book is what the page shows.
type book struct {
	Version, Intro string
	Groups         []group
}

type group struct {
	Name       string
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary, Note string
	Permission                      identity.Permission
	Roles                           string // who has it, in words
	Params, Body, Answer            []field
	BodyType, Success               string
	Curl                            string
}

// field is a parameter, or a field at a path such as stops[].city.
type field struct {
	Name, Type, Doc string
	Required        bool
}

// deepest bounds how far fields within fields are followed.
const deepest = 5

// Handler serves the page; everything must be registered by the first request.
func Handler(a *api.API) http.Handler {
	read := sync.OnceValue(func() book { return reader{a.Huma().OpenAPI()}.book(a.Routes()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", web.ContentPolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := web.Render(w, r, http.StatusOK, page(read())); err != nil {
			http.Error(w, errs.Public(err).Message, http.StatusInternalServerError)
		}
	})
}

type reader struct{ doc *huma.OpenAPI }

func (r reader) book(routes []api.Route) book {
	b := book{Version: r.doc.Info.Version, Intro: r.doc.Info.Description}
	at := map[string]int{}
	for _, rt := range routes { // in the order the rooms registered them
		item := r.doc.Paths[rt.Path]
		if item == nil {
			continue
		}
		op := map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete}[rt.Method]
		if op == nil {
			continue
		}
		name := "other"
		if len(op.Tags) > 0 {
			name = op.Tags[0]
		}
		i, known := at[name]
		if !known {
			i = len(b.Groups)
			at[name] = i
			b.Groups = append(b.Groups, group{Name: name})
		}
		b.Groups[i].Operations = append(b.Groups[i].Operations, r.operation(rt, op))
	}
	return b
}

func (r reader) operation(rt api.Route, op *huma.Operation) operation {
	o := operation{ID: op.OperationID, Method: rt.Method, Path: rt.Path, Summary: op.Summary, Permission: rt.Permission, Roles: roles(rt)}
	o.Note, _, _ = strings.Cut(op.Description, "Needs the permission") // it has a line of its own
	o.Note = strings.TrimSpace(o.Note)
	for _, p := range op.Parameters {
		f := field{p.Name, p.In + ", " + r.kind(p.Schema), p.Description, p.Required}
		if f.Doc == "" && p.Schema != nil {
			f.Doc = p.Schema.Description
		}
		o.Params = append(o.Params, f)
	}
	example := ""
	if op.RequestBody != nil {
		o.BodyType = bodyType(op.RequestBody.Content)
		s := op.RequestBody.Content[o.BodyType].Schema
		o.Body = r.fields(s, "", 0)
		if o.BodyType == "application/json" {
			b, _ := json.Marshal(r.example(s, 0)) // made of strings, numbers and maps
			example = string(b)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(op.Responses)) {
		if !strings.HasPrefix(code, "2") {
			continue
		}
		o.Success = code
		for _, c := range op.Responses[code].Content {
			o.Answer = append(o.Answer, r.fields(c.Schema, "", 0)...)
		}
		break
	}
	o.Curl = curl(rt, o, example)
	return o
}

// bodyType prefers what the operation says it takes over huma's catch-all for raw bodies.
func bodyType(content map[string]*huma.MediaType) string {
	types := slices.Sorted(maps.Keys(content))
	types = slices.DeleteFunc(types, func(t string) bool { return t == "application/octet-stream" && len(content) > 1 })
	return types[0]
}

func roles(rt api.Route) string {
	if rt.Public {
		return "anybody"
	}
	var out []string
	for _, role := range identity.Roles {
		if role.May(rt.Permission) {
			out = append(out, string(role))
		}
	}
	return strings.Join(out, ", ")
}

func (r reader) resolve(s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return r.doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// kind says in words what a value is.
func (r reader) kind(s *huma.Schema) string {
	if s = r.resolve(s); s == nil {
		return "anything"
	}
	out := s.Type
	switch {
	case s.Type == huma.TypeArray:
		out = "list of " + r.kind(s.Items)
	case len(s.Enum) > 0:
		var words []string
		for _, v := range s.Enum {
			if w := fmt.Sprint(v); w != "" {
				words = append(words, w)
			}
		}
		out = strings.Join(words, " | ")
	case s.Type == huma.TypeInteger:
		out = "whole number"
	case s.Format != "":
		out = s.Format
	}
	if s.Minimum != nil && s.Maximum != nil {
		out += fmt.Sprintf(", %s to %s", number(*s.Minimum), number(*s.Maximum))
	}
	if s.Default != nil {
		out += fmt.Sprintf(", %v when left out", s.Default)
	}
	return out
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// names are a schema's properties, the required first, else by name.
func names(s *huma.Schema) []string {
	out := slices.Collect(maps.Keys(s.Properties))
	out = slices.DeleteFunc(out, func(n string) bool { return n == "$schema" })
	slices.SortFunc(out, func(a, b string) int {
		if ra, rb := slices.Contains(s.Required, a), slices.Contains(s.Required, b); ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return out
}

// fields lists what s holds, with what that holds below it.
func (r reader) fields(s *huma.Schema, prefix string, depth int) (out []field) {
	s = r.resolve(s)
	if s == nil || depth > deepest {
		return nil
	}
	if s.Type == huma.TypeArray {
		return r.fields(s.Items, strings.TrimSuffix(prefix, ".")+"[].", depth+1)
	}
	for _, name := range names(s) {
		p := s.Properties[name]
		full := r.resolve(p)
		doc := p.Description
		if doc == "" && full != nil {
			doc = full.Description
		}
		out = append(out, field{prefix + name, r.kind(p), doc, slices.Contains(s.Required, name)})
		out = append(out, r.fields(p, prefix+name+".", depth+1)...)
	}
	return out
}

// example makes a value that s allows: what is required, or the first fields where nothing is.
func (r reader) example(s *huma.Schema, depth int) any {
	s = r.resolve(s)
	switch {
	case s == nil || depth > deepest:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for i, n := range names(s) {
			if slices.Contains(s.Required, n) || len(s.Required) == 0 && i < 3 || n == "version" {
				out[n] = r.example(s.Properties[n], depth+1)
			}
		}
		return out
	case huma.TypeArray:
		return []any{r.example(s.Items, depth+1)}
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return true
	}
	switch s.Format {
	case "uuid":
		return "019aa3c2-5b00-7000-8000-000000000000"
	case "date":
		return "2026-11-23"
	case "date-time":
		return "2026-11-23T15:00:00Z"
	case "email":
		return "dana@example.com"
	}
	return "…"
}

// curl is the operation as typed into a shell where $URL and $TOKEN are set.
func curl(rt api.Route, o operation, example string) string {
	path := strings.NewReplacer("{", "$", "}", "").Replace(rt.Path)
	lines := []string{"curl"}
	if rt.Method != http.MethodGet {
		lines[0] += " -X " + rt.Method
	}
	lines[0] += ` "$URL` + path + `"`
	if !rt.Public {
		lines = append(lines, `-H "Authorization: Bearer $TOKEN"`)
	}
	if rt.Method == http.MethodPost && !rt.Public {
		lines = append(lines, `-H "Idempotency-Key: $(uuidgen)"`)
	}
	switch o.BodyType {
	case "":
	case "multipart/form-data":
		lines = append(lines, "-F file=@ratecon.pdf")
	case "application/json":
		lines = append(lines, "--json '"+strings.ReplaceAll(example, "'", `'\''`)+"'")
	default:
		lines = append(lines, `-H "Content-Type: `+o.BodyType+`"`, "--data-binary @list.csv")
	}
	return strings.Join(lines, " \\\n  ")
}
