package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	cnpg "github.com/cloudnative-pg/cloudnative-pg/api/v1"
	cnpgconf "github.com/cloudnative-pg/cloudnative-pg/pkg/postgres"
	keda "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	podsecurity "k8s.io/pod-security-admission/api"
	standards "k8s.io/pod-security-admission/policy"
)

func nameOf(obj runtime.Object) string {
	if m, err := meta.Accessor(obj); err == nil {
		return m.GetName()
	}
	return ""
}

// workload is a pod template and what owns it.
type workload struct {
	object
	pod core.PodTemplateSpec
}

// set is what the relations are asked of.
type set struct {
	namespace string // the chart's
	objects   []object
	workloads []workload
	faults    []string
}

// relations finds what no decoder can: another namespace than the chart's, a selector that selects nothing, a scaler
// without its Deployment, a mount without its volume, a pod the "restricted" standard
// of its namespace would refuse, a parameter CloudNativePG does not let one set.
func relations(namespace string, objects []object) []string {
	s := &set{namespace: namespace, objects: objects}
	for _, o := range objects {
		switch x := o.obj.(type) {
		case *apps.Deployment:
			s.workloads = append(s.workloads, workload{o, x.Spec.Template})
			s.selfSelected(o, x.Spec.Selector, x.Spec.Template.Labels)
		case *apps.StatefulSet:
			s.workloads = append(s.workloads, workload{o, x.Spec.Template})
			s.selfSelected(o, x.Spec.Selector, x.Spec.Template.Labels)
		case *batch.Job:
			s.workloads = append(s.workloads, workload{o, x.Spec.Template})
		case *cnpg.Cluster: // its pods are the operator's; others select them by this label
			s.workloads = append(s.workloads, workload{o, core.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"cnpg.io/cluster": x.Name}}}})
		}
	}
	for _, o := range objects {
		s.look(o)
	}
	for _, w := range s.workloads {
		if len(w.pod.Spec.Containers) > 0 {
			s.pod(w)
		}
	}
	return s.faults
}

func (s *set) fault(o object, format string, a ...any) {
	s.faults = append(s.faults, fmt.Sprintf("%s: %s %s: ", o.file, o.kind.Kind, o.name)+fmt.Sprintf(format, a...))
}

func (s *set) selfSelected(o object, sel *metav1.LabelSelector, l map[string]string) {
	if m, err := metav1.LabelSelectorAsSelector(sel); err != nil || !m.Matches(labels.Set(l)) {
		s.fault(o, "does not select its own pods")
	}
}

// selects is a fault unless sel fits pods of ours.
func (s *set) selects(o object, sel *metav1.LabelSelector) {
	m, err := metav1.LabelSelectorAsSelector(sel)
	if err != nil {
		s.fault(o, "%v", err)
		return
	}
	if !slices.ContainsFunc(s.workloads, func(w workload) bool { return m.Matches(labels.Set(w.pod.Labels)) }) {
		s.fault(o, "selects no pod: %s", m)
	}
}

// has is a fault unless there is a manifest of that kind and name.
func (s *set) has(o object, kind, name string) {
	if !slices.ContainsFunc(s.objects, func(x object) bool { return x.kind.Kind == kind && x.name == name }) {
		s.fault(o, "there is no %s %s", kind, name)
	}
}

func (s *set) look(o object) {
	if m, err := meta.Accessor(o.obj); err == nil && m.GetNamespace() != "" && m.GetNamespace() != s.namespace {
		s.fault(o, "goes to the namespace %s, the chart to %s", m.GetNamespace(), s.namespace)
	}
	switch x := o.obj.(type) {
	case *core.Service:
		s.selects(o, &metav1.LabelSelector{MatchLabels: x.Spec.Selector})
	case *policy.PodDisruptionBudget:
		s.selects(o, x.Spec.Selector)
	case *monitoring.PodMonitor:
		s.selects(o, &x.Spec.Selector)
	case *monitoring.ServiceMonitor:
		m, err := metav1.LabelSelectorAsSelector(&x.Spec.Selector)
		if err != nil || !slices.ContainsFunc(s.objects, func(y object) bool {
			svc, ok := y.obj.(*core.Service)
			return ok && m.Matches(labels.Set(svc.Labels))
		}) {
			s.fault(o, "selects no Service")
		}
	case *networking.NetworkPolicy:
		// All pods of the namespace, or those of the certificate's solver, which come and go, are others' too.
		if l := x.Spec.PodSelector.MatchLabels; len(l) > 0 && l["acme.cert-manager.io/http01-solver"] == "" {
			s.selects(o, &x.Spec.PodSelector)
		}
	case *networking.Ingress:
		for _, r := range x.Spec.Rules {
			if r.HTTP == nil { // a host whose paths stand in others
				continue
			}
			for _, p := range r.HTTP.Paths {
				s.has(o, "Service", p.Backend.Service.Name)
			}
		}
	case *autoscaling.HorizontalPodAutoscaler:
		s.has(o, x.Spec.ScaleTargetRef.Kind, x.Spec.ScaleTargetRef.Name)
	case *keda.ScaledObject:
		s.has(o, cmp.Or(x.Spec.ScaleTargetRef.Kind, "Deployment"), x.Spec.ScaleTargetRef.Name)
	case *cnpg.ScheduledBackup:
		s.has(o, "Cluster", x.Spec.Cluster.Name)
	case *cnpg.Cluster:
		for name := range x.Spec.PostgresConfiguration.Parameters {
			if _, fixed := cnpgconf.FixedConfigurationParameters[name]; fixed {
				s.fault(o, "CloudNativePG does not let %s be set", name)
			}
		}
		for _, p := range x.Spec.Plugins {
			if store := p.Parameters["barmanObjectName"]; store != "" {
				s.has(o, "ObjectStore", store)
			}
		}
	}
}

// pod looks at one pod template.
func (s *set) pod(w workload) {
	evaluator, err := standards.NewEvaluator(standards.DefaultChecks(), nil)
	if err != nil {
		panic(err) // the checks themselves would be broken
	}
	for _, r := range evaluator.EvaluatePod(podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}, &w.pod.ObjectMeta, &w.pod.Spec) {
		if !r.Allowed {
			s.fault(w.object, "not \"restricted\": %s: %s", r.ForbiddenReason, r.ForbiddenDetail)
		}
	}
	if t := w.pod.Spec.AutomountServiceAccountToken; t == nil || *t {
		s.fault(w.object, "its pods get a token for the API server, which they do not need")
	}
	volumes := map[string]bool{}
	for _, v := range w.pod.Spec.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil {
			s.has(w.object, "ConfigMap", v.ConfigMap.Name)
		}
	}
	if x, ok := w.obj.(*apps.StatefulSet); ok {
		for _, c := range x.Spec.VolumeClaimTemplates {
			volumes[c.Name] = true
		}
	}
	for _, c := range slices.Concat(w.pod.Spec.InitContainers, w.pod.Spec.Containers) {
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				s.fault(w.object, "%s mounts the volume %s, which there is not", c.Name, m.Name)
			}
		}
		if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
			s.fault(w.object, "%s may write to its root", c.Name)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			s.fault(w.object, "%s has no memory limit or no processor request", c.Name)
		}
		_, tag, tagged := strings.Cut(c.Image[strings.LastIndex(c.Image, "/")+1:], ":")
		if !tagged || tag == "latest" {
			s.fault(w.object, "%s runs %s, which is not pinned", c.Name, c.Image)
		}
	}
}
