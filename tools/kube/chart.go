package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// doc is one YAML document and the file it stands in.
type doc struct{ file, text string }

// renderChart lints the chart in dir and renders it as an installation would, into the
// namespace that its values name, with the values of further files on top.
func renderChart(dir string, valueFiles []string) (docs []doc, namespace string, faults []string, err error) {
	values := map[string]any{}
	for _, f := range valueFiles {
		v, err := common.ReadValuesFile(f)
		if err != nil {
			return nil, "", nil, fmt.Errorf("%s: %w", f, err)
		}
		values = loader.MergeMaps(values, v)
	}
	c, err := loader.Load(dir)
	if err != nil {
		return nil, "", nil, err
	}
	namespace, _ = c.Values["namespace"].(string)
	if v, given := values["namespace"].(string); given {
		namespace = v
	}
	for _, m := range lint.RunAll(dir, values, namespace).Messages {
		if m.Severity >= support.WarningSev {
			faults = append(faults, fmt.Sprintf("%s: helm lint: %v", strings.TrimPrefix(m.Path, dir), m.Err))
		}
	}
	if len(faults) > 0 {
		return nil, "", faults, nil // the engine would say the same again
	}
	all, err := util.ToRenderValues(c, values, common.ReleaseOptions{Name: "truckflow", Namespace: namespace, Revision: 1, IsInstall: true}, nil)
	if err != nil {
		return nil, "", nil, err
	}
	files, err := engine.Engine{Strict: true}.Render(c, all)
	if err != nil {
		return nil, "", []string{err.Error()}, nil
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(filepath.Base(name), "_") || strings.HasSuffix(name, ".txt") {
			continue
		}
		docs = append(docs, split(strings.TrimPrefix(name, c.Name()+"/"), files[name])...)
	}
	return docs, namespace, faults, nil
}

// split cuts at lines of "---" and drops documents that say nothing.
func split(file, text string) (docs []doc) {
	for _, part := range strings.Split("\n"+text, "\n---") {
		said := slices.ContainsFunc(strings.Split(part, "\n"), func(l string) bool {
			l = strings.TrimSpace(l)
			return l != "" && !strings.HasPrefix(l, "#")
		})
		if said {
			docs = append(docs, doc{file, part})
		}
	}
	return docs
}
