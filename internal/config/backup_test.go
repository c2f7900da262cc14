package config

import (
	"maps"
	"strings"
	"testing"

	"truckflow/internal/kit/errs"
)

func TestWhatBackupsCannotBe(t *testing.T) {
	t.Parallel()
	s3 := map[string]string{"TRUCKFLOW_BACKUP_S3_ACCESS_KEY_ID": "k", "TRUCKFLOW_BACKUP_S3_SECRET_ACCESS_KEY": "s"}
	for says, set := range map[string]map[string]string{
		"must be builtin or pgbackrest":     {"TRUCKFLOW_BACKUP_ENGINE": "barman"},
		"cannot be sync with pgBackRest":    {"TRUCKFLOW_BACKUP_ENGINE": "pgbackrest", "TRUCKFLOW_BACKUP_WAL": "sync"},
		"must begin with https://":          {"TRUCKFLOW_BACKUP_ENGINE": "pgbackrest", "TRUCKFLOW_BACKUP_S3_ENDPOINT": "http://s3.example.com"},
		"must be a number from 0 to 3650":   {"TRUCKFLOW_BACKUP_S3_LOCK_DAYS": "forever"},
		"must be async, sync or off":        {"TRUCKFLOW_BACKUP_WAL": "maybe"},
		"must begin with http:// or https:": {"TRUCKFLOW_BACKUP_S3_ENDPOINT": "s3.example.com"},
	} {
		maps.Copy(set, s3)
		_, err := load(set)
		if !errs.Is(err, errs.KindInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v, want %q", set, err, says)
		}
	}
}
