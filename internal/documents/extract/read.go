package extract

// Read reads one document from its pages' words. It never fails: what it
// cannot find is nil, what it doubts carries a flag.
func Read(pages []Page, opt Options) *Reading { return &Reading{} }
