package identity

import (
	"context"
	"slices"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/tenant"
)

// Role is what a person is in the company.
type Role string

// The roles. Driver is for the driver's own phone; Viewer may look at operations but not at money.
const (
	Owner      Role = "owner"
	Dispatcher Role = "dispatcher"
	Accountant Role = "accountant"
	Safety     Role = "safety"
	Driver     Role = "driver"
	Viewer     Role = "viewer"
)

// Roles lists every role, most powerful first.
var Roles = []Role{Owner, Dispatcher, Accountant, Safety, Driver, Viewer}

// Permission is a thing one may do; the words read "may …".
type Permission string

// The permissions.
const (
	SeeLoads      Permission = "loads.see"      // board, map, loads, documents of loads
	EditLoads     Permission = "loads.edit"     // draft, book, edit, cancel, notes
	DispatchLoads Permission = "loads.dispatch" // assign, dispatch, arrive, depart, deliver
	AcceptPOD     Permission = "loads.pod"      // accept a proof of delivery
	SeeFleet      Permission = "fleet.see"
	EditFleet     Permission = "fleet.edit" // trucks and trailers
	EditDrivers   Permission = "drivers.edit"
	SeeCustomers  Permission = "customers.see"
	EditCustomers Permission = "customers.edit"
	BlockCustomer Permission = "customers.block" // credit limit, terms, block
	SeeDocuments  Permission = "documents.see"
	AddDocuments  Permission = "documents.add"
	DropDocuments Permission = "documents.drop" // reject, delete
	SeeMoney      Permission = "money.see"      // rates, invoices, payments
	Bill          Permission = "money.bill"     // issue, send, credit
	TakePayment   Permission = "money.pay"      // record and reverse payments
	TrackTrucks   Permission = "tracking.report"
	SeeCompany    Permission = "company.see"
	EditCompany   Permission = "company.edit"
	ManagePeople  Permission = "people.manage"
	SeeAudit      Permission = "audit.see"
	ImportHistory Permission = "history.import"
	Operate       Permission = "operations.see" // the server itself: health, cost, capacity, scaling
	Self          Permission = "self"           // one's own account; every signed-in person
)

// table is who may what; Owner may everything.
var table = map[Permission][]Role{
	SeeLoads:      {Dispatcher, Accountant, Safety, Viewer},
	EditLoads:     {Dispatcher},
	DispatchLoads: {Dispatcher},
	AcceptPOD:     {Dispatcher, Accountant},
	SeeFleet:      {Dispatcher, Accountant, Safety, Viewer},
	EditFleet:     {Dispatcher, Safety},
	EditDrivers:   {Safety},
	SeeCustomers:  {Dispatcher, Accountant, Viewer},
	EditCustomers: {Dispatcher, Accountant},
	BlockCustomer: {Accountant},
	SeeDocuments:  {Dispatcher, Accountant, Safety},
	AddDocuments:  {Dispatcher, Accountant, Safety, Driver},
	DropDocuments: {Dispatcher},
	SeeMoney:      {Dispatcher, Accountant},
	Bill:          {Accountant},
	TakePayment:   {Accountant},
	TrackTrucks:   {Dispatcher, Driver},
	SeeCompany:    {Dispatcher, Accountant, Safety, Viewer},
	EditCompany:   {},
	ManagePeople:  {},
	SeeAudit:      {Accountant, Safety},
	ImportHistory: {},
	Operate:       {},
	Self:          {Dispatcher, Accountant, Safety, Driver, Viewer},
}

// Permissions lists every permission, for the walk over all roles and the settings page.
func Permissions() []Permission {
	var ps []Permission
	for p := range table {
		ps = append(ps, p)
	}
	slices.Sort(ps)
	return ps
}

// May reports whether a role has a permission. The program itself may everything.
func (r Role) May(p Permission) bool {
	allowed, known := table[p]
	return known && (r == Owner || string(r) == tenant.SystemRole || slices.Contains(allowed, r))
}

// Valid reports whether r is a role a person can have.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Require returns who acts in ctx if their role has p, else errs.KindUnauthenticated or KindForbidden.
func Require(ctx context.Context, p Permission) (tenant.Actor, error) {
	a, ok := tenant.From(ctx)
	if !ok {
		return a, errs.Unauthenticated("sign in first")
	}
	if !Role(a.Role).May(p) {
		return a, errs.Forbidden("your role (%s) may not do this", a.Role).Hint("an owner can change roles under Settings, People (needs %s)", p)
	}
	return a, nil
}

// Can reports whether the person in ctx has p: for showing or hiding a button.
func Can(ctx context.Context, p Permission) bool {
	a, ok := tenant.From(ctx)
	return ok && Role(a.Role).May(p)
}
