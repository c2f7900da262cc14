package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/kit/money"
)

// newRegistry returns huma's schema registry with money as a decimal string.
func newRegistry() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	r.RegisterTypeAlias(reflect.TypeFor[money.Cents](), reflect.TypeFor[decimal]())
	return r
}

// decimal documents money: dollars with cents, as text.
type decimal string

// Schema implements huma.SchemaProvider.
func (decimal) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^-?\d+(\.\d{1,2})?$`, Examples: []any{"1234.50"}, Description: "decimal dollars"}
}
