package routing

import (
	"strings"

	"truckflow/internal/routing/gazetteer"
)

// maxAddress bounds the text looked at; what matters stands at its end.
const maxAddress = 400

// parseAddress reads city, state and ZIP code off the end of one line:
// "[street,] city[,] state [zip]". What it does not find is "". The city is the
// part after the last comma, or, where the street runs into it, the longest
// run of words before the state that is a city there.
func parseAddress(text string) (city, state, zip string) {
	if len(text) > maxAddress {
		text = text[len(text)-maxAddress:]
	}
	text = strings.TrimSuffix(strings.TrimRight(strings.Join(strings.Fields(text), " "), " .,;"), ", USA")
	text = strings.TrimRight(strings.TrimSuffix(text, " USA"), " .,;")
	words := strings.Fields(strings.ReplaceAll(text, ",", " , "))
	words, zip = takeZIP(words)
	words, state = takeState(words)
	words = trimCommas(words)
	from := 0
	for i, w := range words {
		if w == "," {
			from = i + 1
		}
	}
	return takeCity(words[from:], state), state, zip
}

func trimCommas(words []string) []string {
	for len(words) > 0 && words[len(words)-1] == "," {
		words = words[:len(words)-1]
	}
	return words
}

// takeZIP takes a ZIP code, ZIP+4 or Canadian postal code off the end.
func takeZIP(words []string) ([]string, string) {
	words = trimCommas(words)
	n := len(words)
	if n == 0 {
		return words, ""
	}
	if n > 1 && gazetteer.ProvinceOf(words[n-2]+words[n-1]) != "" {
		return words[:n-2], words[n-2] + " " + words[n-1]
	}
	last := words[n-1]
	digits := strings.Trim(last, "0123456789-") == "" && last[0] != '-'
	if digits && (len(last) == 5 || len(last) == 9 || len(last) == 10) || gazetteer.ProvinceOf(last) != "" {
		return words[:n-1], last
	}
	return words, ""
}

// takeState takes a state's code or name (up to three words) off the end.
func takeState(words []string) ([]string, string) {
	words = trimCommas(words)
	for n := min(3, len(words)); n > 0; n-- {
		if code := gazetteer.StateCode(strings.Join(words[len(words)-n:], " ")); code != "" {
			return words[:len(words)-n], code
		}
	}
	return words, ""
}

// takeCity finds the city at the end of the words.
func takeCity(words []string, state string) string {
	for n := min(5, len(words)); n > 0; n-- {
		name := strings.Join(words[len(words)-n:], " ")
		if gazetteer.HasCity(name, state) {
			return name
		}
	}
	return strings.Join(words, " ")
}
