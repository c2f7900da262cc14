package loadsweb

import (
	"context"
	"net/http"

	"truckflow/internal/identity"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/web"
)

// barrier puts into the form what stands in the way of booking it as it is now.
func (p *pages) barrier(ctx context.Context, f *form) error {
	f.Barrier, f.MayPass = "", identity.Can(ctx, identity.BlockCustomer)
	customer := idOf(f.Values["customer_id"])
	if customer.IsZero() || f.Values["customer_id"] == f.Payer {
		return nil
	}
	b, err := p.loads.Barrier(ctx, customer, f.sum(), idOf(f.ID))
	if err == nil && b != nil {
		f.Barrier = b.Words(ctx)
	}
	return err
}

// credit answers what stands in the way of booking the form as it is being
// filled in. It is asked by GET: nothing is stored.
func (p *pages) credit(w http.ResponseWriter, r *http.Request) error {
	f := newForm()
	q := r.URL.Query()
	f.typed(q)
	f.ID, f.Payer = q.Get("load"), q.Get("payer")
	if err := p.barrier(r.Context(), f); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, barrierBox(f))
}

// standsInTheWay moves the Book button of a load that meets a barrier behind a
// dialog that asks why, or takes it away from those who may not decide that.
func (p *pages) standsInTheWay(ctx context.Context, v *loadView) error {
	for i, x := range v.Now {
		if x.verb != lifecycle.Book || v.CustomerID == nil {
			continue
		}
		b, err := p.loads.Barrier(ctx, *v.CustomerID, v.TotalCents, v.ID)
		if err != nil || b == nil {
			return err
		}
		v.Barrier = b.Words(ctx)
		v.Now = append(v.Now[:i:i], v.Now[i+1:]...)
		if identity.Can(ctx, identity.BlockCustomer) {
			x.label, x.reason = "Book all the same", true
			v.Aside = append([]verbView{x}, v.Aside...)
		}
		return nil
	}
	return nil
}

// overrideHint says whose decision it is.
func (f *form) overrideHint() string {
	if f.MayPass {
		return "Kept in the load's history with your name"
	}
	return "An owner or an accountant can book it all the same, lift the block or raise the limit"
}
