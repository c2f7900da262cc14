package extract

import (
	"slices"
	"strings"
)

// rowItems lists a record's items column by column.
func (d *doc) rowItems(t *table, df *draft, rows [][]*cell) {
	perCol := make([][]*cell, len(t.cols))
	for _, row := range rows {
		for _, c := range row {
			if c.goods {
				continue
			}
			k := t.colOf(c)
			perCol[k] = append(perCol[k], c)
		}
	}
	for k, cells := range perCol {
		col := t.cols[k]
		if col.lab.sub == sAddress && !t.names() && len(cells) > 1 && !streetLike(cells[0].text) {
			col.lab.sub = sBlock // name and address in one column
		}
		if it, ok := d.whenColumn(col, cells); ok {
			df.items = append(df.items, it)
			continue
		}
		if textual(col) && k+1 < len(t.cols) {
			joined := d.rewrap(cells, col.x0, t.cols[k+1].x0)
			if len(joined) < len(cells) {
				for _, it := range joined {
					d.colPiece(df, col, it, perCol[k])
				}
				continue
			}
		}
		for i, c := range cells {
			if g, ok := c.lone(); d.keyLike(c) && col.lab.sub != sNotes && !(ok && g.lab.sub == sRef) {
				if col.lab.sub == sType || col.lab.sub == sStopNo || len(strings.Fields(c.text)) <= 2 {
					df.items = append(df.items, item{known: true, lab: label{sub: sType}, v: c.all(), c: c, col: true})
					continue
				}
			}
			if k, ok := t.second(col, c); ok {
				d.colItem(df, k, c, i, cells)
				continue
			}
			d.colItem(df, col, c, i, cells)
		}
	}
}

// names reports a table with a column for the stops' names.
func (t *table) names() bool {
	return slices.ContainsFunc(t.cols, func(c tableCol) bool {
		return c.known && (c.lab.sub == sName || c.lab.sub == sBlock && c.lab.ctx != cNone)
	})
}

// whenColumn reads a column of dates or times as one text, however it wraps.
func (d *doc) whenColumn(col tableCol, cells []*cell) (item, bool) {
	if !col.known || len(cells) < 2 {
		return item{}, false
	}
	switch col.lab.sub {
	case sDate, sTime, sFrom, sTo, sAppt, sDocDate:
	default:
		return item{}, false
	}
	var es []ev
	for _, c := range cells {
		if len(c.segs) > 1 || c.segs[0].known && (!c.segs[0].empty() || c.segs[0].colon || apptKind(c.text) == "") {
			return item{}, false
		}
		es = append(es, c.all())
	}
	return item{lab: col.lab, key: col.key, known: true, col: true, how: column, v: join(" ", es...), c: cells[0]}, true
}

// textual reports columns whose cells may break over lines.
func textual(c tableCol) bool {
	if !c.known {
		return true
	}
	switch c.lab.sub {
	case sName, sAddress, sBlock, sCitySt, sCity, sNotes, sContact:
		return true
	case sIgnore:
		return c.key == "stops"
	}
	return false
}

// colPiece adds a text of a column, joined from its lines, or its one cell.
func (d *doc) colPiece(df *draft, col tableCol, it item, cells []*cell) {
	if it.v.c != nil {
		for i, c := range cells {
			if c == it.c {
				if d.keyLike(c) && len(strings.Fields(c.text)) <= 2 {
					return
				}
				d.colItem(df, col, c, i, cells)
				return
			}
		}
	}
	if col.known && col.lab.sub != sBlock && col.lab.sub != sName && col.lab.sub != sIgnore {
		it.known, it.lab, it.key, it.col, it.how = true, col.lab, col.key, true, column
	}
	df.items = append(df.items, it)
}

func globalOrdText(s string) bool {
	t := tokens(s)
	return len(t) > 0 && (t[0].norm == "stop" || atoi(t[0].norm) > 0)
}

// colItem adds one cell under its column's label; labels inside the cell win.
func (d *doc) colItem(df *draft, col tableCol, c *cell, i int, cells []*cell) {
	for n, g := range c.segs {
		if g.known {
			if !g.empty() {
				df.items = append(df.items, item{lab: g.lab, key: g.key, known: true, colon: g.colon, how: inline, v: c.val(g), c: c})
			} else if p, ok := d.pairAt[pairKey{c, g.la}]; ok {
				df.items = append(df.items, item{lab: g.lab, key: g.key, known: true, how: p.how, v: p.v, c: c})
			} else if n == len(c.segs)-1 && i+1 < len(cells) && !cells[i+1].segs[0].known && fits(g.lab, cells[i+1].text) {
				df.items = append(df.items, item{lab: g.lab, key: g.key, known: true, how: below, v: cells[i+1].all(), c: cells[i+1]})
				cells[i+1].used = true
			} else {
				it := item{known: apptKind(c.text) == "", lab: label{sub: sIgnore}, v: c.all(), c: c}
				df.items = append(df.items, it)
			}
			continue
		}
		if g.empty() || c.used && d.valueElsewhere(c, df) {
			continue
		}
		it := item{v: c.val(g), c: c, col: true, how: column}
		if apptKind(it.v.text) != "" && len(strings.Fields(it.v.text)) <= 3 && len(times(it.v.text, true)) == 0 {
			it.known, it.lab = true, label{ctx: cStop, sub: sApptType} // it says so whatever column it stands in
		} else if col.known {
			switch col.lab.sub {
			case sDate, sDocDate, sTime, sFrom, sTo, sAppt:
				it.known, it.lab, it.key = true, col.lab, col.key
				if len(days(it.v.text)) == 0 && len(times(it.v.text, true)) == 0 && apptKind(it.v.text) == "" && d.noteLike(it.v.text) > 0 {
					it.lab, it.key = label{sub: sNotes}, "" // the dock's own rule below its hours
				}
			case sContact, sPhone, sCity, sState, sZIP, sAddress, sNotes, sApptType:
				it.known, it.lab, it.key = true, col.lab, col.key
			case sRef, sBOL, sPRO, sOtherNo:
				it.known, it.lab, it.key = true, col.lab, col.key
			case sCommodity, sWeight, sPieces, sMiles, sType, sStopNo, sEquip, sTemp, sIgnore:
				it.known, it.lab = true, label{sub: sIgnore}
				if ds := days(it.v.text); len(ds) == 1 && (col.lab.sub == sStopNo || col.lab.sub == sType) && !ds[0].bare {
					it.lab = label{ctx: cStop, sub: sDate} // the day over the stop's kind
				}
				if col.key == "stops" {
					it.known = false
				}
			}
		}
		if it.known && it.lab.sub == sNotes && df.joinNotes(it) {
			continue
		}
		df.items = append(df.items, it)
	}
}

// joinNotes adds a further line to a record's notes.
func (df *draft) joinNotes(it item) bool {
	for i := range df.items {
		if o := &df.items[i]; o.known && o.col && o.lab.sub == sNotes {
			o.v = join(" ", o.v, it.v)
			return true
		}
	}
	return false
}

// valueElsewhere reports that a label inside this record already took the cell.
func (d *doc) valueElsewhere(c *cell, df *draft) bool {
	for _, it := range df.items {
		if it.v.c == c && it.known {
			return true
		}
	}
	return false
}
