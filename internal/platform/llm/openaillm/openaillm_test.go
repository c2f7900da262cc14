package openaillm_test

import (
	"testing"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/llmtest"
	"truckflow/internal/platform/llm/openaillm"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, func(url string) llm.Engine {
		return openaillm.New(openaillm.Settings{URL: url + "/v1", Key: "k", Can: llm.Can{JSON: true, Tools: true}})
	})
}
