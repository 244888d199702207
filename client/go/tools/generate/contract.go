// Command generate writes the Go code of the contract: package ephemeralv1, which is not kept in the repository. It
// compiles the protos itself, so no protoc is needed, and runs the plugins that go.mod pins as tools.
//
//	generate PROTO_ROOT SERVICE_CONFIG MODULE_ROOT
package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const module = "github.com/flowhub/ephemeral/client/go"

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: generate PROTO_ROOT SERVICE_CONFIG MODULE_ROOT")
	}
	if err := generate(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatalf("generate: %v", err)
	}
}

func generate(protoRoot, serviceConfig, moduleRoot string) error {
	names, err := protoFiles(protoRoot)
	if err != nil {
		return err
	}
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
			ImportPaths: []string{protoRoot},
		}),
		SourceInfoMode: protocompile.SourceInfoStandard, // For the comments of the generated code.
	}
	files, err := compiler.Compile(context.Background(), names...)
	if err != nil {
		return err
	}
	descriptors := inOrderOfImports(files)
	if err := os.RemoveAll(filepath.Join(moduleRoot, "ephemeralv1")); err != nil {
		return err
	}
	for _, plugin := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		if err := run(plugin, names, descriptors, moduleRoot); err != nil {
			return fmt.Errorf("%s: %w", plugin, err)
		}
	}
	return writeServiceConfig(serviceConfig, moduleRoot)
}

func writeServiceConfig(path, moduleRoot string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	code := "// Code generated from service-config.json. DO NOT EDIT.\n\npackage ephemeralv1\n\n" +
		"// ServiceConfig is for a connection without package ephemeral: pass it to grpc.WithDefaultServiceConfig.\n" +
		"const ServiceConfig = `" + string(content) + "`\n"
	return os.WriteFile(filepath.Join(moduleRoot, "ephemeralv1", "service_config.go"), []byte(code), 0o644)
}

// protoFiles returns the paths of the protos below root, relative to it.
func protoFiles(root string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".proto") {
			var name string
			name, err = filepath.Rel(root, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	return names, err
}

// inOrderOfImports returns the files and all that they import, each after its imports, as plugins expect them.
func inOrderOfImports(files linker.Files) []*descriptorpb.FileDescriptorProto {
	var ordered []*descriptorpb.FileDescriptorProto
	seen := map[string]bool{}
	var add func(file protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		for i := range file.Imports().Len() {
			add(file.Imports().Get(i).FileDescriptor)
		}
		ordered = append(ordered, protoutil.ProtoFromFileDescriptor(file))
	}
	for _, file := range files {
		add(file)
	}
	return ordered
}

// run runs one plugin and writes what it returns.
func run(plugin string, names []string, files []*descriptorpb.FileDescriptorProto, moduleRoot string) error {
	request, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: names,
		Parameter:      proto.String("module=" + module),
		ProtoFile:      files,
	})
	if err != nil {
		return err
	}
	command := exec.Command("go", "tool", plugin)
	command.Stdin = bytes.NewReader(request)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return err
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(output, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return fmt.Errorf("%s", response.GetError())
	}
	for _, file := range response.File {
		path := filepath.Join(moduleRoot, filepath.FromSlash(file.GetName()))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
