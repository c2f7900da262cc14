// Command truckflow-kube judges a Helm chart, or plain manifests, without a
// cluster: Helm's own linter and engine, then every manifest decoded strictly (an
// unknown or repeated field is an error) into the types of the API it is for and
// held against the schemas and rules of its CRD, then what the manifests say of each other
// and Kubernetes' "restricted" pod standard.
//
//	truckflow-kube chart DIR [VALUES.yaml …]
//	truckflow-kube manifest FILE.yaml …
//
// It prints one line for each fault and ends with 1, or prints what it looked at
// and ends with 0; 2 when it could not look. `truckflow deploy check` runs it where
// it is on the path. It is a module of its own because Helm and these APIs are some
// 90 MB of program, more than the whole of TruckFlow.
//
// The CRDs' schemas lie beside the types in their modules, so they are read only
// where the Go command finds those: in a checkout, `go run -C tools/kube . chart /abs/dir`.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "truckflow-kube: chart DIR [VALUES.yaml …], or manifest FILE.yaml …")
		return 2
	}
	var docs []doc
	var faults []string
	var namespace string
	var err error
	switch args[0] {
	case "chart":
		docs, namespace, faults, err = renderChart(args[1], args[2:])
	case "manifest":
		docs, err = readManifests(args[1:])
	default:
		err = fmt.Errorf("%q is neither chart nor manifest", args[0])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "truckflow-kube:", strings.Join(strings.Fields(err.Error()), " "))
		return 2
	}
	schemas, seen := loadSchemas()
	objects, more := decode(docs, schemas)
	faults = append(faults, more...)
	if args[0] == "chart" {
		faults = append(faults, relations(namespace, objects)...)
	}
	if len(faults) > 0 {
		for _, f := range faults {
			fmt.Println(strings.Join(strings.Fields(f), " "))
		}
		return 1
	}
	fmt.Printf("%d manifests: %s; %s\n", len(objects), kinds(objects), seen)
	return 0
}

// readManifests splits files at their document separators.
func readManifests(files []string) (docs []doc, err error) {
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		docs = append(docs, split(filepath.Base(f), string(b))...)
	}
	return docs, nil
}
