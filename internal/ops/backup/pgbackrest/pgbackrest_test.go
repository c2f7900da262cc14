package pgbackrest

import (
	"slices"
	"strings"
	"testing"
)

// What the program printed on a repository with two flipped bytes and a flipped
// segment (2.45); it ended with 0.
const damagedText = `2026-11-25 19:51:39.837 P01   INFO: invalid checksum '20261125-195052F/pg_data/base/4/2657.zst'
2026-11-25 19:51:54.895 P02   INFO: invalid result 15-1/0000000100000000/000000010000000000000003-870b6baef6f0f8b4d6ddc20eea0bca34bc8108f0.zst: [29] raised from local-2 protocol: zst error: [-20] Data corruption detected
                                    [FormatError] on retry after 0ms
2026-11-25 19:51:54.896 P00   INFO: stanza: truckflow
                                    status: error
                                      archiveId: 15-1, total WAL checked: 8, total valid WAL: 7
                                        missing: 0, checksum invalid: 0, size invalid: 0, other: 1
                                      backup: 20261125-195052F, status: invalid, total files checked: 969, total valid files: 967
                                      backup: 20261124-195052F, status: valid, total files checked: 969, total valid files: 969
`

func TestVerifyIsRead(t *testing.T) {
	r, err := parseVerify(damagedText)
	if err != nil {
		t.Fatal(err)
	}
	if r.OK || r.Checked["20261125-195052F"] || !r.Checked["20261124-195052F"] || !slices.Equal(r.Log, []string{"000000010000000000000003"}) ||
		len(r.Files) != 2 || r.Files[0] != "20261125-195052F/pg_data/base/4/2657.zst" {
		t.Errorf("read %+v", r)
	}
	r, err = parseVerify("stanza: truckflow\nstatus: ok\n  backup: 20261125-195052F, status: valid, total files checked: 9\n")
	if err != nil || !r.OK || !r.Checked["20261125-195052F"] {
		t.Errorf("a sound one: %+v, %v", r, err)
	}
	if r, err := parseVerify("2026-11-25 19:49:55.795 P00   INFO: verify command end: completed successfully (598ms)\n"); err == nil {
		t.Errorf("words that prove nothing were taken for a proof: %+v", r)
	}
}

func TestInfoIsRead(t *testing.T) {
	sets, err := parseInfo([]byte(`[{"archive":[],"backup":[{"archive":{"start":"000000020000000000000003","stop":"000000020000000000000003"},"database":{"id":1,"repo-key":1},"error":true,
		"info":{"delta":36656808,"repository":{"delta":8021040,"size":8021040},"size":36656809},"label":"20261125-194951F_20261125-195057I","lsn":{"start":"0/3000028","stop":"0/3000100"},
		"prior":"20261125-194951F","reference":["20261125-194951F"],"timestamp":{"start":1795636191,"stop":1795636194},"type":"incr"}],
		"db":[{"id":1,"repo-key":1,"system-id":7712198696246755820,"version":"15"}],"name":"truckflow","repo":[{"key":1,"status":{"code":0,"message":"ok"}}],"status":{"code":0,"message":"ok"}}]`))
	if err != nil || len(sets) != 1 {
		t.Fatalf("%+v, %v", sets, err)
	}
	x := sets[0]
	if x.Kind != Incr || x.Timeline != 2 || x.Start.String() != "0/3000028" || x.Stop.String() != "0/3000100" || !x.Bad || x.Bytes != 36656809 || x.Stored != 8021040 ||
		x.SystemID != "7712198696246755820" || !slices.Equal(x.Needs, []string{"20261125-194951F"}) || x.Ended.Unix() != 1795636194 {
		t.Errorf("read %+v", x)
	}
	for text, bad := range map[string]bool{
		`[{"status":{"code":2,"message":"no valid backups"}}]`: false,
		`[]`: false,
		`[{"status":{"code":99,"message":"other"},"repo":[{"status":{"code":99,"message":"[FormatError] unable to load info file\nmore"}}]}]`: true,
		`not JSON`: true,
	} {
		if _, err := parseInfo([]byte(text)); (err != nil) != bad {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSettingsAreOneLineEach(t *testing.T) {
	set := Settings{Dir: "/d", Cipher: "c", Repos: []Repo{{Path: "/p"}, {Path: "/q", S3: &S3{Host: "s3.example.com", Bucket: "b", Secret: "s", AccessKey: "k"}}}, Server: Server{Cluster: "/pg", User: "u"}}
	text, err := Render(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"repo1-path=/p", "repo1-cipher-pass=c", "repo2-type=s3", "repo2-s3-endpoint=s3.example.com", "[truckflow]", "pg1-path=/pg", "expire-auto=n"} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("without %s:\n%s", line, text)
		}
	}
	set.Repos[1].S3.Secret = "s\npg1-path=/elsewhere"
	if _, err := Render(set); err == nil {
		t.Error("a secret with a line break became a setting")
	}
}
