// Package identity is the ground floor: organisations (tenants), people and
// their roles, browser sessions, bearer tokens, invitations and the audit trail.
//
// Every service method of the house that changes something calls Require with a
// Permission and, in the same transaction, Audit.
package identity
