// Package money keeps money exact: whole minor units, never floating point.
package money

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Cents is an amount in minor units of its document's currency (US cents
// unless a currency says otherwise). Negative amounts are credits. Rows keep
// the ISO 4217 code beside it; amounts of two currencies are never added.
type Cents int64

// USD is the currency every new document starts with (ISO 4217).
const USD = "USD"

// maxCents bounds what Parse accepts: nobody hauls a load for ten billion dollars.
const maxCents = 1_000_000_000_000

// Parse reads what people write: "1,234.50", "$1234.5", "-12", "(12.00)",
// "USD 950". More than two decimals, a wrong thousands group, or anything else is an error.
func Parse(s string) (Cents, error) {
	t := strings.TrimSpace(s)
	neg := false
	if strings.HasPrefix(t, "(") && strings.HasSuffix(t, ")") {
		neg, t = true, strings.TrimSpace(t[1:len(t)-1])
	}
	t = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(t, "USD"), "USD"))
	if r, ok := strings.CutPrefix(t, "-"); ok {
		if neg {
			return 0, fmt.Errorf("not an amount of money: %.40q", s)
		}
		neg, t = true, r
	}
	t = strings.TrimSpace(strings.TrimPrefix(t, "$"))
	if r, ok := strings.CutPrefix(t, "-"); ok && !neg {
		neg, t = true, r
	}
	whole, frac, dot := strings.Cut(t, ".")
	if whole == "" && frac == "" || len(frac) > 2 || dot && frac == "" {
		return 0, fmt.Errorf("not an amount of money: %.40q", s)
	}
	if groups := strings.Split(whole, ","); len(groups) > 1 {
		for i, g := range groups {
			if i == 0 && (len(g) < 1 || len(g) > 3) || i > 0 && len(g) != 3 {
				return 0, fmt.Errorf("not an amount of money: %.40q", s)
			}
		}
		whole = strings.Join(groups, "")
	}
	for len(frac) < 2 {
		frac += "0"
	}
	var c int64
	for _, r := range whole + frac {
		if r < '0' || r > '9' {
			return 0, fmt.Errorf("not an amount of money: %.40q", s)
		}
		if c = c*10 + int64(r-'0'); c > maxCents {
			return 0, fmt.Errorf("amount too large: %.40q", s)
		}
	}
	if neg {
		c = -c
	}
	return Cents(c), nil
}

// String returns the plain decimal, "1234.50": what the API and CSV carry.
func (c Cents) String() string {
	sign, v := "", int64(c)
	if v < 0 {
		sign, v = "-", -v
	}
	return fmt.Sprintf("%s%d.%02d", sign, v/100, v%100)
}

// Dollars returns what screens and invoices print: "$1,234.50", "−$12.00".
func (c Cents) Dollars() string {
	s := c.String()
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + "$" + whole + "." + frac
}

// Bps returns c × bps / 10,000, rounded half away from zero: 250 is 2.5 %.
func (c Cents) Bps(bps int64) Cents {
	n := new(big.Int).Mul(big.NewInt(int64(c)), big.NewInt(bps))
	return Cents(divRound(n, 10_000))
}

// PerMile returns the rate in ten-thousandths of a dollar a mile (25000 is
// $2.50); 0 when miles is not positive.
func (c Cents) PerMile(miles int) int64 {
	if miles <= 0 {
		return 0
	}
	return divRound(new(big.Int).Mul(big.NewInt(int64(c)), big.NewInt(100)), int64(miles))
}

func divRound(n *big.Int, d int64) int64 {
	half := big.NewInt(d / 2)
	if n.Sign() < 0 {
		half.Neg(half)
	}
	return new(big.Int).Quo(n.Add(n, half), big.NewInt(d)).Int64()
}

// Sum adds amounts and reports whether the total still fits.
func Sum(cs ...Cents) (total Cents, ok bool) {
	for _, c := range cs {
		if c > 0 && total > math.MaxInt64-c || c < 0 && total < math.MinInt64-c {
			return 0, false
		}
		total += c
	}
	return total, true
}

// MarshalJSON writes the decimal as a string ("1234.50"), so that no client
// reads money into a float by accident.
func (c Cents) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// UnmarshalJSON reads a decimal string; a bare JSON number is refused.
func (c *Cents) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("money is a decimal string such as \"1234.50\", not %.40s", b)
	}
	v, err := Parse(s)
	if err == nil {
		*c = v
	}
	return err
}
