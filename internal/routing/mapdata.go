package routing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"sync"

	"truckflow/internal/routing/gazetteer"
)

// MapData is a file for the map as an edge serves it: it changes only with the
// program, so it may be cached for long under its tag.
type MapData struct {
	Body        []byte // shared: not to be changed
	ContentType string
	ETag        string // a strong entity tag, quoted
}

// Outlines is the states' outlines, GeoJSON: one MultiPolygon each, its code
// as id and its name as property.
func (s *Service) Outlines() MapData { return outlineData() }

// Cities is the cities to label, GeoJSON points with name, state and rank (1
// is labelled first), most important first.
func (s *Service) Cities() MapData { return cityData() }

var outlineData = sync.OnceValue(func() MapData { return tagged(gazetteer.Outlines()) })

var cityData = sync.OnceValue(func() MapData {
	type point struct {
		Type        string     `json:"type"`
		Coordinates [2]float64 `json:"coordinates"`
	}
	type properties struct {
		Name  string `json:"name"`
		State string `json:"state"`
		Rank  int    `json:"rank"`
	}
	type feature struct {
		Type       string     `json:"type"`
		Properties properties `json:"properties"`
		Geometry   point      `json:"geometry"`
	}
	round := func(v float64) float64 { return math.Round(v*1000) / 1000 }
	features := []feature{}
	for _, c := range gazetteer.TopCities(3) {
		features = append(features, feature{"Feature", properties{c.Name, c.State, c.Rank}, point{"Point", [2]float64{round(c.Point.Lon), round(c.Point.Lat)}}})
	}
	body, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
	if err != nil {
		panic("routing: cities are not JSON: " + err.Error()) // plain strings and finite numbers always are
	}
	return tagged(body)
})

func tagged(body []byte) MapData {
	sum := sha256.Sum256(body)
	return MapData{Body: body, ContentType: "application/geo+json", ETag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}
