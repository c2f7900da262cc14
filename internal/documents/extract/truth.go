package extract

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// ParseTruth reads a ground_truth.json of another kind: file name to
// {"fields": {"load_id": ..., "origin.city": {"any_of": [...]}, ...}}. A null
// says that the paper has no such value; {"skip": true} leaves a field out.
// Only the fields it lists are scored. "origin" is the first pickup and
// "destination" the last delivery, so their paths depend on the reading.
func ParseTruth(b []byte) (map[string]func(*Reading) Label, error) {
	var root map[string]json.RawMessage
	if err := json.Unmarshal(b, &root); err != nil {
		return nil, fmt.Errorf("ground truth: %w", err)
	}
	out := map[string]func(*Reading) Label{}
	for name, raw := range root {
		var doc struct {
			Fields map[string]any `json:"fields"`
		}
		if strings.HasPrefix(name, "_") || json.Unmarshal(raw, &doc) != nil || doc.Fields == nil {
			continue
		}
		out[name] = func(r *Reading) Label { return truthLabel(doc.Fields, r) }
	}
	return out, nil
}

func truthLabel(fields map[string]any, r *Reading) Label {
	l := Label{Values: map[string]string{}, AnyOf: map[string][]string{}, Absent: map[string]bool{}, Only: true}
	for name, v := range fields {
		path := truthPath(name, r)
		if path == "" {
			continue
		}
		switch v := v.(type) {
		case nil:
			l.Absent[path] = true
		case map[string]any:
			list, _ := v["any_of"].([]any)
			for _, x := range list {
				l.AnyOf[path] = append(l.AnyOf[path], truthValue(path, x, r))
			}
			if len(list) > 0 {
				l.Values[path] = l.AnyOf[path][0]
			}
		default:
			l.Values[path] = truthValue(path, v, r)
		}
	}
	return l
}

// truthPath translates a field's name into a path of the reading.
func truthPath(name string, r *Reading) string {
	first, last := 0, max(len(r.Stops)-1, 1)
	for i := len(r.Stops) - 1; i >= 0; i-- {
		if t := r.Stops[i].Type; t != nil && t.Value == "pickup" {
			first = i
		}
	}
	item := func(kind, otherwise string) string {
		for i, li := range r.LineItems {
			if li.Kind != nil && li.Kind.Value == kind {
				return fmt.Sprintf("line_items[%d].amount", i)
			}
		}
		return otherwise
	}
	switch name {
	case "load_id":
		return "load_number"
	case "origin.city", "origin.state":
		return fmt.Sprintf("stops[%d].%s", first, name[7:])
	case "destination.city", "destination.state":
		return fmt.Sprintf("stops[%d].%s", last, name[12:])
	case "pickup_date":
		return fmt.Sprintf("stops[%d].window_start", first)
	case "delivery_date":
		return fmt.Sprintf("stops[%d].window_start", last)
	case "equipment_type":
		return "equipment"
	case "line_haul_rate":
		// An all-in rate without lines is its own line haul.
		return item("linehaul", "total_rate")
	case "fuel_surcharge":
		return item("fuel", "line_items[99].amount")
	case "total_rate", "commodity":
		return name
	case "weight_lbs":
		return "weight_lb"
	}
	return ""
}

// truthValue writes a truth's value the way the reading writes its own; dates
// are compared by day where the truth has no time.
func truthValue(path string, v any, r *Reading) string {
	switch v := v.(type) {
	case float64:
		if strings.HasSuffix(path, "amount") || path == "total_rate" {
			return strconv.FormatFloat(v, 'f', 2, 64)
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		if strings.HasSuffix(path, "window_start") {
			for _, f := range r.Fields() {
				if f.Path == path && strings.HasPrefix(f.Value, v+"T") {
					return f.Value
				}
			}
		}
		return v
	}
	return fmt.Sprint(v)
}
