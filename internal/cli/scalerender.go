package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/scale"
)

type scaleRenderCmd struct {
	File      string `help:"The rules; without a file the specification's, as built in."`
	Out       string `help:"The folder to write to." required:""`
	Namespace string `help:"Kubernetes: the namespace." default:"truckflow"`
	App       string `help:"The name before the role: deployments, jobs." default:"truckflow"`
	Ingress   string `help:"Kubernetes: the Ingress whose response time the plain HPA reads." default:"truckflow"`
	JSON      bool   `help:"For programs."`
}

// Run writes the files and prints what each cannot express.
func (c scaleRenderCmd) Run(e *env) error {
	rules, err := scaleRules(c.File)
	if err != nil {
		return err
	}
	files, err := scale.Render(rules, scale.Where{Namespace: c.Namespace, App: c.App, Ingress: c.Ingress})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return errs.Unavailable("the folder cannot be made: %v", err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(c.Out, f.Name), []byte(f.Content), 0o644); err != nil {
			return errs.Unavailable("%s cannot be written: %v", f.Name, err)
		}
	}
	if c.JSON {
		return e.json(files)
	}
	for _, f := range files {
		fmt.Fprintln(e.out, filepath.Join(c.Out, f.Name))
		for _, l := range f.Lost {
			fmt.Fprintln(e.out, "  cannot express:", l)
		}
	}
	return nil
}
