package ollamallm_test

import (
	"testing"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/llmtest"
	"truckflow/internal/platform/llm/ollamallm"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, func(url string) llm.Engine {
		return ollamallm.New(ollamallm.Settings{URL: url})
	})
}
