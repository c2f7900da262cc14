package cli

import (
	"context"
	"net/http"
	"os"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"truckflow/internal/kit/errs"
)

type mcpCmd struct {
	URL     string `default:"http://localhost:5000" help:"Where TruckFlow runs."`
	KeyFile string `required:"" help:"A file with an API key of yours, made under Settings, My account." placeholder:"FILE"`
}

// Run speaks MCP on stdin and stdout until stdin ends, and hands each call on to
// the running program with the key: assistants on this desk get what the key's
// owner may see, and no more.
func (c mcpCmd) Run(e *env) error {
	b, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return errs.NotFound("the key cannot be read: %v", err)
	}
	key := strings.TrimSpace(string(b))
	if !strings.HasPrefix(key, "tfk_") {
		return errs.Invalid("%s holds no API key (tfk_…)", c.KeyFile)
	}
	me := &mcp.Implementation{Name: "truckflow", Version: Version}
	far, err := mcp.NewClient(me, nil).Connect(e.ctx, &mcp.StreamableClientTransport{Endpoint: strings.TrimSuffix(c.URL, "/") + "/mcp", HTTPClient: &http.Client{Transport: withKey(key)}, DisableStandaloneSSE: true}, nil)
	if err != nil {
		return errs.Unavailable("%s does not answer as TruckFlow, or refuses the key", c.URL).Wrap(err)
	}
	defer far.Close()
	near := mcp.NewServer(me, &mcp.ServerOptions{Instructions: far.InitializeResult().Instructions})
	for t, err := range far.Tools(e.ctx, nil) {
		if err != nil {
			return errs.Unavailable("%s does not list its tools", c.URL).Wrap(err)
		}
		near.AddTool(t, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return far.CallTool(ctx, &mcp.CallToolParams{Name: req.Params.Name, Arguments: req.Params.Arguments})
		})
	}
	return near.Run(e.ctx, &mcp.StdioTransport{})
}

// withKey adds the key to each request.
type withKey string

// RoundTrip implements http.RoundTripper.
func (k withKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(k))
	return http.DefaultTransport.RoundTrip(r)
}
