package csvio

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"truckflow/internal/kit/errs"
)

func utf16File(s string, order binary.AppendByteOrder) []byte {
	b := order.AppendUint16(nil, 0xFEFF)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "name,city\r\nJosé €,Montréal\r\n"
	for name, tt := range map[string]struct {
		file []byte
		enc  string
	}{
		"utf-8":          {[]byte(text), "UTF-8"},
		"utf-8 with BOM": {[]byte("\uFEFF" + text), "UTF-8"},
		"windows-1252":   {[]byte("name,city\r\nJos\xe9 \x80,Montr\xe9al\r\n"), "Windows-1252"},
		"utf-16 LE":      {utf16File(text, binary.LittleEndian), "UTF-16"},
		"utf-16 BE":      {utf16File(text, binary.BigEndian), "UTF-16"},
	} {
		got, err := Read(tt.file)
		if err != nil || got.Encoding != tt.enc || !slices.Equal(got.Rows[0].Cells, []string{"José €", "Montréal"}) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	rows := func(n int) []byte { return []byte("a\n" + strings.Repeat("1\n", n)) }
	for name, tt := range map[string]struct {
		file []byte
		kind errs.Kind
		says string
	}{
		"empty":            {nil, errs.KindInvalid, "empty"},
		"blank":            {[]byte("\n \n,,\n"), errs.KindInvalid, "empty"},
		"heading only":     {[]byte("a,b\n"), errs.KindInvalid, "no rows"},
		"xlsx":             {[]byte("PK\x03\x04rest"), errs.KindUnsupported, "spreadsheet"},
		"xls":              {[]byte("\xd0\xcf\x11\xe0rest"), errs.KindUnsupported, "spreadsheet"},
		"binary":           {[]byte("a,b\n\x00\x01"), errs.KindUnsupported, "not a text file"},
		"utf-16 cut":       {[]byte("\xff\xfea"), errs.KindUnsupported, "cut short"},
		"too many bytes":   {bytes.Repeat([]byte("x"), MaxBytes+1), errs.KindTooLarge, "5 MB"},
		"too many rows":    {rows(MaxRows + 1), errs.KindTooLarge, "20000 rows"},
		"open quote":       {[]byte("a,b\n1,2\n\"3,4\n5,6\n"), errs.KindInvalid, "row 3"},
		"rows at the edge": {rows(MaxRows), "", ""},
	} {
		_, err := Read(tt.file)
		if errs.KindOf(err) != tt.kind || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file  string
		delim rune
		line  int
		cells []string
	}{
		"comma":          {"a,b\n1,2\n", ',', 2, []string{"1", "2"}},
		"semicolon":      {"a;b;c\n1,5;2;3", ';', 2, []string{"1,5", "2", "3"}},
		"tab":            {"a\tb\r1\t2\r", '\t', 2, []string{"1", "2"}},
		"sep line":       {"sep=;\na;b\n1;2\n", ';', 3, []string{"1", "2"}},
		"blank rows":     {"\n\na,b\n\n1,2\n", ',', 5, []string{"1", "2"}},
		"cell of lines":  {"a,b\n\"x\ny\",2\n3,4\n", ',', 2, []string{"x\ny", "2"}},
		"quotes":         {"a,b\n\"say \"\"hi\"\"\", \"x,y\" \n", ',', 2, []string{`say "hi"`, "x,y"}},
		"inches":         {"a,b\n5\" pipe,2\n", ',', 2, []string{`5" pipe`, "2"}},
		"quoted heading": {"\"a,b,c\";d\n1;2\n", ';', 2, []string{"1", "2"}},
		"guarded":        {"a,b\n'=1+1,''@x\n", ',', 2, []string{"=1+1", "'@x"}},
	} {
		got, err := Read([]byte(tt.file))
		if err != nil || got.Delimiter != tt.delim || got.Rows[0].Line != tt.line || !slices.Equal(got.Rows[0].Cells, tt.cells) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	got, err := Read([]byte("a\n\"x\ny\"\nz\n"))
	if err != nil || got.Rows[1].Line != 3 {
		t.Errorf("a cell of two lines is one row to a spreadsheet: %+v %v", got.Rows, err)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"=cmd()": "'=cmd()", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\tx": "'\tx", "\rx": "'\rx", "'=x": "''=x", "'tis": "'tis", "a=b": "a=b", "": ""} {
		if got := Guard(in); got != want {
			t.Errorf("Guard(%q) = %q, want %q", in, got, want)
		}
	}
}

type thing struct {
	name, dot string
	size      *int
}

var things = List[thing]{Noun: "thing", KeyName: "name", New: func() thing { return thing{} }, Keys: func(v *thing) []string { return []string{v.dot, v.name} },
	Check: func(v *thing) error {
		if v.name == "" {
			return errs.Invalid("no").Field("name", "needed")
		}
		return nil
	},
	Columns: []Column[thing]{Text("name", func(v *thing) *string { return &v.name }, "label").Need(), Text("dot", func(v *thing) *string { return &v.dot }), Int("size", func(v *thing) **int { return &v.size })}}

func TestPlan(t *testing.T) {
	t.Parallel()
	four := 4
	stored := []thing{{"a", "1", &four}, {"b", "", nil}, {"twin", "8", nil}, {"twin", "9", nil}}
	tests := []struct {
		name, file                   string
		added, changed, same, bad    int
		problemLine                  int
		problemColumn, problemReason string
	}{
		{"kept when the column is missing", "Name,DOT\na,1\n", 0, 0, 1, 0, 0, "", ""},
		{"emptied by an empty cell", "name,size\na,\n", 0, 1, 0, 0, 0, "", ""},
		{"weak key adopts a strong one", "name,dot\nb,5\n", 0, 1, 0, 0, 0, "", ""},
		{"strong key wins over another name", "name,dot\nrenamed,1\n", 0, 1, 0, 0, 0, "", ""},
		{"a different strong key is another thing", "name,dot\na,2\n", 1, 0, 0, 0, 0, "", ""},
		{"ambiguous", "name\ntwin\n", 0, 0, 0, 1, 2, "name", "2 things"},
		{"twice", "name\nnew\nother\nnew\n", 2, 0, 0, 1, 4, "name", "row 2"},
		{"twice by different keys", "name,dot\na,1\na,\n", 0, 0, 1, 1, 3, "name", "row 2"},
		{"bad number", "name,size\nnew,big\n", 0, 0, 0, 1, 2, "size", "whole number"},
		{"needed", "name,size\n,3\n", 0, 0, 0, 1, 2, "name", "needed"},
		{"too many cells", "name,size\nSmith, Jr,3\n", 0, 0, 0, 1, 2, "", "more cells"},
		{"lost character", "name\nJos\uFFFD\n", 0, 0, 0, 1, 2, "name", "lost"},
		{"short row", "name,size\nnew\n", 1, 0, 0, 0, 0, "", ""},
	}
	for _, tt := range tests {
		table, err := Read([]byte(tt.file))
		if err != nil {
			t.Fatal(err)
		}
		p, err := things.MakePlan(table, stored)
		v := p.Preview
		if err != nil || v.New != tt.added || v.Changed != tt.changed || v.Unchanged != tt.same || v.Bad != tt.bad || len(p.Items) != tt.added+tt.changed {
			t.Errorf("%s: %+v %v", tt.name, v, err)
			continue
		}
		if tt.bad > 0 && (v.Problems[0].Line != tt.problemLine || v.Problems[0].Column != tt.problemColumn || !strings.Contains(v.Problems[0].Reason, tt.problemReason)) {
			t.Errorf("%s: %+v", tt.name, v.Problems)
		}
	}
	for _, file := range []string{"size\n1\n", "name,label\na,b\n"} {
		table, err := Read([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := things.MakePlan(table, nil); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("=1+1", "a,b\n\"c\"")
	f.Add("'=x", " '' ")
	f.Add("5\"", ";\t|")
	f.Fuzz(func(t *testing.T, a, b string) {
		want := []string{"x" + clean(strings.ToValidUTF8(strings.ReplaceAll(a, "\x00", ""), "")), clean("x" + strings.ToValidUTF8(strings.ReplaceAll(b, "\x00", ""), ""))}
		want[0] = strings.TrimSpace(want[0])
		if plain := strings.TrimSpace(strings.NewReplacer("\x00", "", "\r", "").Replace(strings.ToValidUTF8(a, ""))); plain != "" {
			want = append(want, plain) // starts with whatever it likes
		}
		var buf bytes.Buffer
		if err := Write(&buf, slices.Repeat([]string{"h"}, len(want)), [][]string{want}); err != nil {
			t.Fatal(err)
		}
		got, err := Read(buf.Bytes())
		if err != nil {
			if errs.Is(err, errs.KindTooLarge) {
				return
			}
			t.Fatal(err)
		}
		if !slices.Equal(got.Rows[0].Cells, want) {
			t.Errorf("wrote %q, read %q", want, got.Rows[0].Cells)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,2"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte("sep=\t\na\tb\n\"x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := Read(b)
		if err == nil {
			_, err = things.MakePlan(table, nil)
		}
		if err != nil && errs.KindOf(err) == errs.KindInternal {
			t.Errorf("%v", err)
		}
	})
}
