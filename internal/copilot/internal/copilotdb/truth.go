package copilotdb

import (
	"context"
	"encoding/json"

	"truckflow/internal/platform/pg"
)

// Truth runs a query of the evaluation set, which ships with the program, and
// returns each row as a JSON object in the order of the query. It reads as
// whoever acts in ctx, under row security.
func Truth(ctx context.Context, tx *pg.Tx, sql string) (rows []json.RawMessage, err error) {
	got, err := tx.Query(ctx, "SELECT row_to_json(x) FROM ("+sql+") x")
	if err != nil {
		return nil, err
	}
	defer got.Close()
	for got.Next() {
		var r json.RawMessage
		if err := got.Scan(&r); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, got.Err()
}
