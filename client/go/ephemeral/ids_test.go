package ephemeral_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/internal/id"
)

type idVectors struct {
	Escape         []struct{ Text, ID string }
	EscapeErrors   []string `json:"escape_errors"`
	Unescape       []struct{ ID, Text string }
	UnescapeErrors []string `json:"unescape_errors"`
}

func TestIDsAreEscapedAsInAllClients(t *testing.T) {
	content, err := os.ReadFile("../../conformance/ids.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors idVectors
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Escape) < 10 || len(vectors.UnescapeErrors) < 3 {
		t.Fatal("the vectors are incomplete")
	}
	for _, v := range vectors.Escape {
		escaped, err := ephemeral.EscapeID(v.Text)
		if err != nil || escaped != v.ID {
			t.Errorf("escape %q: %q, %v (expected: %q)", v.Text, escaped, err, v.ID)
		}
		if err := id.Require(escaped); err != nil {
			t.Errorf("escape %q: not an id: %v", v.Text, err)
		}
		if text, err := ephemeral.UnescapeID(v.ID); err != nil || text != v.Text {
			t.Errorf("unescape %q: %q, %v (expected: %q)", v.ID, text, err, v.Text)
		}
	}
	for _, text := range append(vectors.EscapeErrors, "\xff") {
		if escaped, err := ephemeral.EscapeID(text); err == nil {
			t.Errorf("escape %q: %q (expected: an error)", text, escaped)
		}
	}
	for _, v := range vectors.Unescape {
		if text, err := ephemeral.UnescapeID(v.ID); err != nil || text != v.Text {
			t.Errorf("unescape %q: %q, %v (expected: %q)", v.ID, text, err, v.Text)
		}
	}
	for _, escaped := range vectors.UnescapeErrors {
		if text, err := ephemeral.UnescapeID(escaped); err == nil {
			t.Errorf("unescape %q: %q (expected: an error)", escaped, text)
		}
	}
}
