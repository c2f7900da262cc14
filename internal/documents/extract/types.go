// Package extract reads transport documents: words with boxes in, a typed
// reading with evidence, confidence and doubts out. It is a pure kernel: no
// files, no clock, no network. It knows labels, columns and neighbourhoods,
// never one broker's template, and it would rather leave a field empty or
// flag it than state a wrong value with confidence.
package extract

import "time"

// Word is one printed word. Coordinates are points from the page's top-left
// corner; Conf is 1 for real text and the recogniser's 0..1 for scans.
type Word struct {
	Text           string
	X0, Y0, X1, Y1 float64
	Conf           float64
	Bold           bool
}

// Page is one page's words in any order. OCR says that they were recognised
// from an image, so broken words and look-alike characters are expected.
type Page struct {
	Width, Height float64
	Words         []Word
	OCR           bool
}

// Place is one row of a gazetteer. ZIP may be empty, TimeZone is an IANA name.
type Place struct{ City, State, ZIP, TimeZone string }

// Gazetteer answers what is where. ByZIP takes five digits; ByCity is
// case-insensitive and returns every ZIP's row of that city.
type Gazetteer interface {
	ByZIP(zip string) (Place, bool)
	ByCity(city, state string) []Place
}

// Options is what a reader knows besides the paper. Places may be nil (place
// checks are then left out). CarrierNames are our own company's names: they
// are never taken for the broker.
type Options struct {
	Today        time.Time
	Places       Gazetteer
	CarrierNames []string
	Memory       Memory // of confirmed papers' layouts; may be nil
}

// Leaf is one value read from the paper with its evidence: the 1-based page,
// the box [x0,y0,x1,y1] in points and the words as printed. Kind is set on
// references only (PU, PO, BOL, DEL, SO, REF ...).
type Leaf[T any] struct {
	Value      T          `json:"value"`
	Confidence float64    `json:"confidence"`
	Page       int        `json:"page"`
	Box        [4]float64 `json:"box"`
	Text       string     `json:"text"`
	Kind       string     `json:"kind,omitempty"`
}

// Str, Int and Bool are the optional leaves a reading is made of; nil means
// that the paper does not say.
type (
	Str  = *Leaf[string]
	Int  = *Leaf[int]
	Bool = *Leaf[bool]
)

// Party is a broker or a carrier. MC and USDOT are digits only; phones are as printed.
type Party struct {
	Name         Str `json:"name,omitempty"`
	MC           Str `json:"mc,omitempty"`
	USDOT        Str `json:"usdot,omitempty"`
	Contact      Str `json:"contact,omitempty"`
	Phone        Str `json:"phone,omitempty"`
	Email        Str `json:"email,omitempty"`
	Address      Str `json:"address,omitempty"`
	BillingEmail Str `json:"billing_email,omitempty"`
}

// Stop is one pickup or delivery in travel order. Windows are local wall time
// ("2026-07-30T08:00"), or a bare date when the paper prints no time; a single
// appointment time leaves WindowEnd nil.
type Stop struct {
	Type        Str   `json:"type,omitempty"`
	Name        Str   `json:"name,omitempty"`
	Address     Str   `json:"address,omitempty"`
	City        Str   `json:"city,omitempty"`
	State       Str   `json:"state,omitempty"`
	ZIP         Str   `json:"zip,omitempty"`
	WindowStart Str   `json:"window_start,omitempty"`
	WindowEnd   Str   `json:"window_end,omitempty"`
	Appointment Str   `json:"appointment,omitempty"`
	TimeZone    Str   `json:"time_zone,omitempty"`
	References  []Str `json:"references,omitempty"`
	Contact     Str   `json:"contact,omitempty"`
	Phone       Str   `json:"phone,omitempty"`
	Notes       Str   `json:"notes,omitempty"`
}

// LineItem is one charge; Amount, Quantity and Rate are decimal strings.
type LineItem struct {
	Kind        Str `json:"kind,omitempty"`
	Description Str `json:"description,omitempty"`
	Amount      Str `json:"amount,omitempty"`
	Quantity    Str `json:"quantity,omitempty"`
	Rate        Str `json:"rate,omitempty"`
}

// Terms are the conditions of pay; amounts are decimal dollars as strings.
type Terms struct {
	PaymentDays          Int  `json:"payment_days,omitempty"`
	QuickPayPercent      Str  `json:"quick_pay_percent,omitempty"`
	QuickPayDays         Int  `json:"quick_pay_days,omitempty"`
	DetentionFreeMinutes Int  `json:"detention_free_minutes,omitempty"`
	DetentionRatePerHour Str  `json:"detention_rate_per_hour,omitempty"`
	DetentionDailyCap    Str  `json:"detention_daily_cap,omitempty"`
	LayoverPerDay        Str  `json:"layover_per_day,omitempty"`
	TONU                 Str  `json:"tonu,omitempty"`
	StopOff              Str  `json:"stop_off,omitempty"`
	Lumper               Str  `json:"lumper,omitempty"`
	LateFee              Str  `json:"late_fee,omitempty"`
	TrackingRequired     Bool `json:"tracking_required,omitempty"`
}

// Severities of a flag: a check wants a person's eye before booking, a note informs.
const (
	Check = "check"
	Note  = "note"
)

// Flag is one doubt about one field, in plain words.
type Flag struct {
	Field    string `json:"field"`
	Reason   string `json:"reason"`
	Severity string `json:"severity"`
}

// Kinds of documents a reading can name.
const (
	RateConfirmation = "rate_confirmation"
	BillOfLading     = "bill_of_lading"
	ProofOfDelivery  = "proof_of_delivery"
	Invoice          = "invoice"
	LumperReceipt    = "lumper_receipt"
	ScaleTicket      = "scale_ticket"
	Other            = "other"
)

// Reading is everything read from one document; nil leaves are not on the paper.
type Reading struct {
	DocumentType Str   `json:"document_type,omitempty"`
	LoadNumber   Str   `json:"load_number,omitempty"`
	Broker       Party `json:"broker,omitzero"`
	Carrier      Party `json:"carrier,omitzero"`

	Equipment       Str `json:"equipment,omitempty"`
	TrailerLengthFt Int `json:"trailer_length_ft,omitempty"`
	TemperatureMinF Int `json:"temperature_min_f,omitempty"`
	TemperatureMaxF Int `json:"temperature_max_f,omitempty"`

	Stops []Stop `json:"stops,omitempty"`

	Commodity Str        `json:"commodity,omitempty"`
	WeightLb  Int        `json:"weight_lb,omitempty"`
	Pieces    Int        `json:"pieces,omitempty"`
	Miles     Int        `json:"miles,omitempty"`
	TotalRate Str        `json:"total_rate,omitempty"`
	Currency  Str        `json:"currency,omitempty"`
	LineItems []LineItem `json:"line_items,omitempty"`
	Terms     Terms      `json:"terms,omitzero"`

	BOLNumber         Str  `json:"bol_number,omitempty"`
	PRONumber         Str  `json:"pro_number,omitempty"`
	SealNumber        Str  `json:"seal_number,omitempty"`
	TrailerNumber     Str  `json:"trailer_number,omitempty"`
	Signed            Bool `json:"signed,omitempty"`
	ReceivedAt        Str  `json:"received_at,omitempty"`
	ReceiverName      Str  `json:"receiver_name,omitempty"`
	OSDNotes          Str  `json:"osd_notes,omitempty"`
	DeliveredPieces   Int  `json:"delivered_pieces,omitempty"`
	DeliveredWeightLb Int  `json:"delivered_weight_lb,omitempty"`

	Flags []Flag `json:"flags,omitempty"`
}
