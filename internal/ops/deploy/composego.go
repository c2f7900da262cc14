package deploy

import (
	"context"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// loadCompose reads a compose file as docker compose does: schema, merged keys,
// references between services, networks, volumes and secrets. Nothing of the
// environment is taken in, so a variable without a default is an error here.
func loadCompose(ctx context.Context, full string, body []byte) error {
	_, err := loader.LoadWithContext(ctx, types.ConfigDetails{WorkingDir: filepath.Dir(full), ConfigFiles: []types.ConfigFile{{Filename: full, Content: body}}, Environment: types.Mapping{}},
		func(o *loader.Options) { o.SetProjectName("truckflow", true) })
	return err
}
