package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cnpg "github.com/cloudnative-pg/cloudnative-pg/api/v1"
	barman "github.com/cloudnative-pg/plugin-barman-cloud/api/v1"
	keda "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// object is one decoded manifest.
type object struct {
	file string
	kind runtimeschema.GroupVersionKind
	name string
	obj  runtime.Object
}

// crd is what a custom resource's definition demands beyond its fields' names.
type crd struct {
	structural *schema.Structural
	values     validation.SchemaValidator
	rules      *cel.Validator
}

// crdFiles are the definitions that a deployment of ours meets: module, folder, files (all
// of them take seconds to compile). The operator of
// Prometheus keeps its own outside the module of its types, so ServiceMonitor,
// PodMonitor and PrometheusRule are held against the types alone.
var crdFiles = []struct {
	module, dir string
	files       []string
}{
	{"github.com/kedacore/keda/v2", "config/crd/bases", []string{"keda.sh_scaledobjects.yaml"}},
	{"github.com/cert-manager/cert-manager", "deploy/crds", []string{"cert-manager.io_certificates.yaml", "cert-manager.io_issuers.yaml"}},
	{"github.com/cloudnative-pg/cloudnative-pg", "config/crd/bases", []string{"postgresql.cnpg.io_clusters.yaml", "postgresql.cnpg.io_scheduledbackups.yaml"}},
	{"github.com/cloudnative-pg/plugin-barman-cloud", "config/crd/bases", []string{"barmancloud.cnpg.io_objectstores.yaml"}},
}

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, keda.AddToScheme, cnpg.AddToScheme, certmanager.AddToScheme, monitoring.AddToScheme} {
		if err := add(s); err != nil {
			panic(err) // the types themselves would be broken
		}
	}
	barman.AddKnownTypes(s)
	return s
}

// loadSchemas reads the definitions where the Go command finds their modules, and
// says which it found.
func loadSchemas() (map[runtimeschema.GroupVersionKind]crd, string) {
	out := map[runtimeschema.GroupVersionKind]crd{}
	args := []string{"list", "-m", "-f", "{{.Dir}}"}
	for _, m := range crdFiles {
		args = append(args, m.module)
	}
	found, err := exec.Command("go", args...).Output()
	dirs := strings.Fields(string(found))
	if err != nil || len(dirs) != len(crdFiles) {
		return nil, "the CRDs' schemas are not here and were not looked at"
	}
	for i, dir := range dirs {
		for _, f := range crdFiles[i].files {
			if err := addSchemas(out, filepath.Join(dir, crdFiles[i].dir, f)); err != nil {
				return nil, fmt.Sprintf("%s cannot be read: %v", f, err)
			}
		}
	}
	return out, fmt.Sprintf("schemas of %d CRDs looked at", len(out))
}

func addSchemas(to map[runtimeschema.GroupVersionKind]crd, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var d apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(b, &d); err != nil {
		return err
	}
	for _, v := range d.Spec.Versions {
		var in apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, &in, nil); err != nil {
			return err
		}
		s, err := schema.NewStructural(&in)
		if err != nil {
			return err
		}
		values, _, err := validation.NewSchemaValidator(&in)
		if err != nil {
			return err
		}
		to[runtimeschema.GroupVersionKind{Group: d.Spec.Group, Version: v.Name, Kind: d.Spec.Names.Kind}] = crd{s, values, cel.NewValidator(s, true, celconfig.PerCallLimit)}
	}
	return nil
}

// decode reads every document into its type, strictly, and holds custom resources
// against their definitions, filled with the defaults an API server would fill in.
func decode(docs []doc, schemas map[runtimeschema.GroupVersionKind]crd) (out []object, faults []string) {
	s := newScheme()
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, s, s, json.SerializerOptions{Yaml: true, Strict: true})
	for _, d := range docs {
		obj, kind, err := strict.Decode([]byte(d.text), nil, nil)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", d.file, err))
			continue
		}
		o := object{d.file, *kind, nameOf(obj), obj}
		out = append(out, o)
		c, custom := schemas[*kind]
		if !custom {
			continue
		}
		var raw map[string]any
		asJSON, err := yaml.YAMLToJSON([]byte(d.text))
		if err == nil {
			err = utiljson.Unmarshal(asJSON, &raw) // whole numbers stay whole, as rules expect them
		}
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", d.file, err))
			continue
		}
		defaulting.Default(raw, c.structural)
		wrong := validation.ValidateCustomResource(nil, raw, c.values)
		if len(wrong) == 0 { // rules may rely on the shape
			wrong, _ = c.rules.Validate(context.Background(), nil, c.structural, raw, nil, celconfig.RuntimeCELCostBudget)
		}
		for _, w := range wrong {
			faults = append(faults, fmt.Sprintf("%s: %s %s: %v", d.file, kind.Kind, o.name, w))
		}
	}
	return out, faults
}

// kinds lists what was decoded, with counts.
func kinds(all []object) string {
	n := map[string]int{}
	for _, o := range all {
		n[o.kind.Kind]++
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[k], k))
	}
	return strings.Join(parts, ", ")
}
