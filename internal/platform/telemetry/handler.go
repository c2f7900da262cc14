package telemetry

import (
	"context"
	"log/slog"

	"truckflow/internal/kit/tenant"
)

// handler redacts every record and adds who it belongs to, before the sinks.
type handler struct {
	next slog.Handler
	// Inside a group, request_id and org would land in the group. They belong
	// at the top, so the groups and attributes since the first group are kept
	// here and laid over next at each record.
	since []func(slog.Handler) slog.Handler
	under []string // names of the open groups, for redaction
}

func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, redactText(r.Message), r.PC)
	who := belongs(ctx)
	next := h.next
	if len(h.since) == 0 {
		out.AddAttrs(who...)
	} else {
		if len(who) > 0 {
			next = next.WithAttrs(who)
		}
		for _, wrap := range h.since {
			next = wrap(next)
		}
	}
	hide := secretGroup(h.under)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(redact(a, hide))
		return true
	})
	return next.Handle(ctx, out)
}

func belongs(ctx context.Context) []slog.Attr {
	var who []slog.Attr
	if id := tenant.RequestID(ctx); id != "" {
		who = append(who, slog.String("request_id", id))
	}
	if a, ok := tenant.From(ctx); ok {
		who = append(who, slog.String("org", a.Org.String()))
	}
	return who
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	hide := secretGroup(h.under)
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = redact(a, hide)
	}
	if len(h.since) == 0 {
		return &handler{next: h.next.WithAttrs(clean)}
	}
	return h.with(func(n slog.Handler) slog.Handler { return n.WithAttrs(clean) }, h.under)
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	under := append(h.under[:len(h.under):len(h.under)], name)
	return h.with(func(n slog.Handler) slog.Handler { return n.WithGroup(name) }, under)
}

func (h *handler) with(wrap func(slog.Handler) slog.Handler, under []string) slog.Handler {
	return &handler{next: h.next, since: append(h.since[:len(h.since):len(h.since)], wrap), under: under}
}
