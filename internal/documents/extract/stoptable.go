package extract

import "slices"

// tableStops gives one draft for each record of the stop tables.
func (d *doc) tableStops() []*draft {
	var out []*draft
	for ti := range d.tables {
		t := &d.tables[ti]
		if t.lanes {
			out = append(out, d.laneStops(t)...)
		}
		for _, rec := range t.records {
			df := &draft{kind: rec.kind, ord: rec.ord, global: rec.global, x0: t.cols[0].x0, line: rec.line, table: true, tid: t.id}
			d.rowItems(t, df, rec.rows)
			df.under = t.under
			out = append(out, df)
		}
	}
	return out
}

// record is the lines of a table that tell of one stop.
type record struct {
	rows   [][]*cell
	line   int
	kind   ctx
	ord    int
	global bool
}

// stopRecords cuts the table's lines into one record per stop; none when a
// record does not say which kind of stop it is.
func (d *doc) stopRecords(t *table) []record {
	numCol, kindCol, both := d.keyColumns(t)
	isKey := func(c *cell) (opens bool, k ctx, n int) {
		col := t.colOf(c)
		if c.x1 < t.cols[0].x0 {
			col = -1
		}
		if !d.keyLike(c) || col != numCol && col != kindCol && col != -1 {
			return false, cNone, 0
		}
		k, n = stopKind(c.text), atoi(digitsRE.FindString(c.text))
		if both && col == numCol {
			return n > 0, k, n
		}
		return col != kindCol || numCol < 0 || col == numCol, k, n
	}
	var keys []int // indexes into rows whose first words open a record
	for i, row := range t.rows {
		for _, c := range row {
			if opens, k, n := isKey(c); opens && (k != cNone || n > 0) {
				keys = append(keys, i)
				break
			}
		}
	}
	kind := cNone
	if len(keys) == 0 {
		if kind = d.tableKind(t); kind == cNone {
			return nil
		}
		keys = t.dated(d)
	}
	if len(keys) == 0 || keys[0] > 4 {
		return nil
	}
	starts := d.recordStarts(t, keys)
	var out []record
	for n, from := range starts {
		to := len(t.rows)
		if n+1 < len(starts) {
			to = starts[n+1]
		}
		rec := record{rows: t.rows[from:to], line: t.lines[from], kind: cStop}
		if kind != cNone {
			rec.kind = kind
			out = append(out, rec)
			continue
		}
		for _, row := range rec.rows {
			for _, c := range row {
				_, k, m := isKey(c)
				if k != cNone && rec.kind == cStop {
					rec.kind = k
				}
				if m > 0 && rec.ord == 0 {
					rec.ord, rec.global = m, globalOrdText(c.text)
				}
			}
		}
		if rec.kind == cStop {
			return nil
		}
		out = append(out, rec)
	}
	return out
}

// tableKind tells a table of pickups or of deliveries by its header or by the
// heading right above it.
func (d *doc) tableKind(t *table) ctx {
	for _, c := range t.cols {
		if c.known && (c.lab.ctx == cPickup || c.lab.ctx == cDelivery) {
			return c.lab.ctx
		}
	}
	for i := t.head - 1; i >= 0 && i >= t.head-3; i-- {
		for _, c := range d.lines[i].cells {
			if h := c.head; h != nil && (h.full || ofOneStop(h)) && len(d.lines[i].cells) == 1 {
				if h.ctx == cPickup || h.ctx == cDelivery {
					t.under = h
					return h.ctx
				}
				return cNone
			}
		}
	}
	return cNone
}

// dated lists the rows that have a date in a column of dates: one for each record.
func (t *table) dated(d *doc) []int {
	var out []int
	for i, row := range t.rows {
		for _, c := range row {
			k := t.cols[t.colOf(c)]
			if k.known && (k.lab.sub == sDate || k.lab.sub == sDocDate || k.lab.sub == sAppt || k.lab.sub == sFrom) && len(days(c.text)) > 0 {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// keyColumns finds the columns that number the stops and that name their kind,
// wherever they stand; -1 where there is none. Minus one also stands for words
// left of the first column. Both reports one column of numbers with the kind on
// a line of its own under each: "1" over "P". Then the number opens the record.
func (d *doc) keyColumns(t *table) (numCol, kindCol int, both bool) {
	nums, kinds := make([]int, len(t.cols)), make([]int, len(t.cols))
	for _, row := range t.rows {
		for _, c := range row {
			k := t.colOf(c)
			if c.x1 < t.cols[0].x0 || !d.keyLike(c) {
				continue
			}
			if stopKind(c.text) != cNone {
				kinds[k]++
			} else {
				nums[k]++
			}
		}
	}
	numCol, kindCol = -1, -1
	for i, col := range t.cols {
		// Numbers count only in a column that is for numbering: quantities do not.
		if nums[i] > 0 && numCol < 0 && i < 2 && (!col.known || col.lab.sub == sStopNo || col.lab.sub == sType || col.lab.sub == sBlock) {
			numCol = i
		}
		if kinds[i] > 0 && (kindCol < 0 || kinds[i] > kinds[kindCol] || col.known && col.lab.sub == sType && kinds[i] == kinds[kindCol]) {
			kindCol = i
		}
	}
	if numCol >= 0 && kindCol >= 0 && nums[numCol] < kinds[kindCol] {
		numCol = -1
	}
	return numCol, kindCol, numCol >= 0 && numCol == kindCol && nums[numCol] == kinds[kindCol]
}

// lane reads a table whose columns are the two ends of one trip: "Origin,
// Pickup Date, Destination, Delivery Date".
func (d *doc) lane(t *table) bool {
	ends := map[ctx]bool{}
	when := false
	for _, c := range t.cols {
		if !c.known || c.lab.ctx != cPickup && c.lab.ctx != cDelivery {
			continue
		}
		switch c.lab.sub {
		case sBlock, sName, sCitySt, sCity, sAddress:
			ends[c.lab.ctx] = true
		case sDate, sTime, sAppt, sFrom, sTo:
			when = true
		}
	}
	if !when && ends[cPickup] && ends[cDelivery] && !slices.ContainsFunc(t.cols, func(c tableCol) bool { return c.key == "" }) {
		for _, row := range t.rows[:min(2, len(t.rows))] {
			n := 0
			for _, c := range row {
				if k := t.cols[t.colOf(c)]; k.lab.sub == sBlock && len(findTowns(c.text, d.opt.Places)) > 0 {
					n++
				}
			}
			when = when || n == 2 // both ends' towns, days or none
		}
	}
	return when && ends[cPickup] && ends[cDelivery]
}

// cutAtGap keeps the rows up to the first wide gap.
func (t *table) cutAtGap(d *doc) {
	for i := 1; i < len(t.rows); i++ {
		if d.lines[t.lines[i]].y0-d.lines[t.lines[i-1]].y1 > 0.9*d.em {
			t.rows, t.lines = t.rows[:i], t.lines[:i]
			return
		}
	}
}

// laneStops gives the two stops of a lane table.
func (d *doc) laneStops(t *table) []*draft {
	var out []*draft
	for _, k := range []ctx{cPickup, cDelivery} {
		df := &draft{kind: k, x0: t.cols[0].x0, line: t.body, table: true, tid: t.id}
		if k == cDelivery {
			df.x0++
		}
		perCol := make([][]*cell, len(t.cols))
		for _, row := range t.rows {
			for _, c := range row {
				i := t.colOf(c)
				perCol[i] = append(perCol[i], c)
			}
		}
		for i, cells := range perCol {
			col := t.cols[i]
			if col.lab.ctx != k {
				continue
			}
			if it, ok := d.whenColumn(col, cells); ok {
				df.items = append(df.items, it)
				continue
			}
			for n, c := range cells {
				d.colItem(df, col, c, n, cells)
			}
		}
		out = append(out, df)
	}
	return out
}

// recordStarts decides where records begin: at their key, or, when the key is
// centred beside a taller cell, at the wider gaps between lines.
func (d *doc) recordStarts(t *table, keys []int) []int {
	if keys[0] == 0 {
		return keys
	}
	var gaps []int
	for i := 1; i < len(t.rows); i++ {
		a, b := d.lines[t.lines[i-1]], d.lines[t.lines[i]]
		if b.y0-a.y1 > 0.45*d.em {
			gaps = append(gaps, i)
		}
	}
	starts := append([]int{0}, gaps...)
	ok := len(starts) >= len(keys)
	if ok {
		var kept []int
		for n, from := range starts {
			to := len(t.rows)
			if n+1 < len(starts) {
				to = starts[n+1]
			}
			has := 0
			for _, k := range keys {
				if k >= from && k < to {
					has++
				}
			}
			if has > 1 {
				ok = false
			}
			if has == 1 || n == 0 {
				kept = append(kept, from)
			}
		}
		if ok && len(kept) == len(keys) {
			return kept
		}
	}
	keys[0] = 0
	return keys
}
