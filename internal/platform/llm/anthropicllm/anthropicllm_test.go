package anthropicllm_test

import (
	"testing"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/anthropicllm"
	"truckflow/internal/platform/llm/llmtest"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, func(url string) llm.Engine {
		return anthropicllm.New(anthropicllm.Settings{URL: url})
	})
}
