package api

import (
	"path"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/kit/money"
)

// newRegistry returns huma's schema registry with money as a decimal string.
func newRegistry() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", namer())
	r.RegisterTypeAlias(reflect.TypeFor[money.Cents](), reflect.TypeFor[decimal]())
	return r
}

// decimal documents money: dollars with cents, as text.
type decimal string

// Schema implements huma.SchemaProvider.
func (decimal) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^-?\d+(\.\d{1,2})?$`, Examples: []any{"1234.50"}, Description: "decimal dollars"}
}

// namer gives each schema huma's name led by the room's, since two rooms may both
// have a "stop"; bodies without a type of their own are numbered when their
// operations' names meet.
func namer() func(t reflect.Type, hint string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		name := huma.DefaultSchemaNamer(t, hint)
		if room := strings.TrimSuffix(path.Base(t.PkgPath()), "api"); t.PkgPath() != "" && !strings.HasPrefix(strings.ToLower(name), room) {
			name = strings.ToUpper(room[:1]) + room[1:] + name
		}
		for n, base := 2, name; taken[name] != nil && taken[name] != t; n++ {
			name = base + strconv.Itoa(n)
		}
		taken[name] = t
		return name
	}
}
