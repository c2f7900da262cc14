package extract

// doc is one document while it is being read.
type doc struct {
	*sheet
	opt     Options
	heads   []*heading
	of      map[*cell]*heading
	pairs   []pair
	pairAt  map[pairKey]pair
	tables  []table
	dates   dateSense
	recount bool // cells were cut after they were listed
	letters []envelope
	chains  []*cell // charges set one behind the other
	firm    string  // stands beside "Carrier:", though it reads like a person
	paper   []Page  // as they were laid out
	r       *Reading
}

// Read reads one document from its pages' words. It never fails: what it
// cannot find is nil, what it doubts carries a flag.
func Read(pages []Page, opt Options) *Reading {
	pages, back := straighten(pages)
	d := open(pages, opt)
	d.check()
	back(d.r)
	return d.r
}

// open reads straightened pages; what was read is not yet checked.
func open(pages []Page, opt Options) *doc {
	d := &doc{sheet: layOut(pages), opt: opt, paper: pages, r: &Reading{}}
	d.read()
	d.recall()
	return d
}

// read runs the steps of reading over the laid out sheet.
func (d *doc) read() {
	d.takeEnvelopes()
	for _, c := range d.cells {
		d.scan(c)
		d.guess(c)
	}
	for _, c := range d.cells {
		d.guessLone(c)
		d.codedRef(c)
	}
	d.senderNames()
	d.heads = d.findHeadings()
	d.findTables()
	d.relist()
	d.claimTables()
	d.of = d.govern(d.heads)
	d.dates = d.sense(d.opt.Today)
	d.markGoods()
	d.pairs = d.findPairs(d.of)
	d.pairAt = make(map[pairKey]pair, len(d.pairs))
	for _, p := range d.pairs {
		for _, g := range p.c.segs {
			if g.known && g.key == p.key && g.empty() {
				d.pairAt[pairKey{p.c, g.la}] = p
			}
		}
	}
	d.readStops()
	d.classify()
	d.readNumbers()
	d.readParties()
	d.notAtStops()
	d.readCargo()
	d.readCharges()
	d.readTerms()
	d.readPapers()
}

func (d *doc) flag(field, reason, severity string) {
	for _, f := range d.r.Flags {
		if f.Field == field && f.Reason == reason {
			return
		}
	}
	if len(d.r.Flags) < 200 {
		d.r.Flags = append(d.r.Flags, Flag{field, reason, severity})
	}
}
