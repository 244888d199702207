package retry_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/internal/retry"
)

type rule struct {
	Method     string
	Retried    []json.RawMessage
	NotRetried []json.RawMessage `json:"not_retried"`
}

func TestRetriesWhatAllClientsRetry(t *testing.T) {
	content, err := os.ReadFile("../../../conformance/retry-safety.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Rules []rule }
	if err := json.Unmarshal(content, &table); err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, r := range table.Rules {
		documented[r.Method] = true
		for _, request := range r.Retried {
			if !retry.IsSafe(parse(t, r.Method, request)) {
				t.Errorf("%s %s is not retried", r.Method, request)
			}
		}
		for _, request := range r.NotRetried {
			if retry.IsSafe(parse(t, r.Method, request)) {
				t.Errorf("%s %s is retried", r.Method, request)
			}
		}
	}
	for _, method := range unaryMethods() {
		if !documented[method] {
			t.Errorf("%s has no rule", method)
		}
	}
}

func parse(t *testing.T, method string, content []byte) any {
	t.Helper()
	_, name, _ := strings.Cut(method, "/")
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("flowhub.ephemeral.v1." + name + "Request"))
	if err != nil {
		t.Fatal(err)
	}
	request := kind.New().Interface()
	if err := protojson.Unmarshal(content, request); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return request
}

func unaryMethods() []string {
	var names []string
	file := ephemeralv1.File_flowhub_ephemeral_v1_rate_limit_proto
	protoregistry.GlobalFiles.RangeFilesByPackage(file.Package(), func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				if method := service.Methods().Get(j); !method.IsStreamingClient() {
					names = append(names, string(service.Name())+"/"+string(method.Name()))
				}
			}
		}
		return true
	})
	return names
}
