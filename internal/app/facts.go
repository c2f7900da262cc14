package app

import (
	"time"

	"truckflow/internal/api"
	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/ops/deploy"
	"truckflow/internal/web"
)

// DeployFacts are the limits and headers that whatever stands in front of the
// program must agree with: read from where they are enforced, typed nowhere else.
func DeployFacts(version string) deploy.Facts {
	return deploy.Facts{
		Version:       version,
		UploadBytes:   documents.MaxBytes + 1<<20, // the form around the file
		BodyBytes:     api.MaxBody,
		RatePerMinute: api.RatePerMinute,
		StopSeconds:   int(stopWithin / time.Second),
		SignInTries:   identity.TriesPerIP,
		SignInMinutes: int(identity.ThrottleFor / time.Minute),
		Headers:       web.SecurityHeaders,
	}
}
