// Package archtest holds the rules of the house as tests: who may import whom,
// who may touch which library, who owns which table, how big things may get,
// that everything is documented, and that every tenant's rows are walled off.
// Each rule has its reason beside it; each exception has one too.
package archtest
