package config

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(env map[string]string) (*Config, error) {
	return Load(func(k string) (string, bool) { v, ok := env[k]; return v, ok })
}

func TestAI(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("sk-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(map[string]string{"OLLAMA_HOST": "gpu:11500", "TRUCKFLOW_AI_OLLAMA_MODELS": "qwen3.5:4b, copilot=gpt-oss:20b", "OPENAI_API_KEY_FILE": key,
		"TRUCKFLOW_AI_SLOTS": "ollama=4", "TRUCKFLOW_AI_PRICES": "m=0.4/12.000001", "TRUCKFLOW_AI_ON_PREMISES": "gpu.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	a := c.AI
	if a.Ollama.URL != "http://gpu:11500" || !maps.Equal(a.Ollama.Models, map[string]string{"": "qwen3.5:4b", "copilot": "gpt-oss:20b"}) || a.Ollama.Slots != 4 || a.OpenAI.Slots != 16 ||
		a.OpenAI.Key != "sk-1" || a.Prices["m"] != (AIPrice{400_000, 12_000_001}) || len(a.OnPremises) != 1 || a.Server.URL != "" || a.Context != 8192 {
		t.Errorf("%+v", a)
	}
	for host, want := range map[string]string{"": "", "localhost": "http://localhost:11434", "0.0.0.0:11434": "http://127.0.0.1:11434", "https://ai.example:8443": "https://ai.example:8443"} {
		if got := ollamaURL(host); got != want {
			t.Errorf("OLLAMA_HOST %q: %q, want %q", host, got, want)
		}
	}
}

func TestWrongAI(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]string{"TRUCKFLOW_AI_OLLAMA_MODELS": "a,rates=b", "TRUCKFLOW_AI_OPENAI_MODELS": "a,b", "TRUCKFLOW_AI_SLOTS": "gpu=2", "TRUCKFLOW_AI_PRICES": "m=cheap", "TRUCKFLOW_AI_SERVER": "host:8000",
		"TRUCKFLOW_AI_CONTEXT": "10"} {
		if _, err := load(map[string]string{name: v}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, v, err)
		}
	}
}
