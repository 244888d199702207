// Command modulezip writes a module as a module proxy serves it:
//
//	modulezip MODULE_ROOT VERSION FOLDER
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: modulezip MODULE_ROOT VERSION FOLDER")
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatalf("modulezip: %v", err)
	}
}

func write(root, version, folder string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	path := modfile.ModulePath(mod)
	files := filepath.Join(folder, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(files, 0o755); err != nil {
		return err
	}
	info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"list": []byte(version + "\n"), version + ".mod": mod, version + ".info": info,
	} {
		if err := os.WriteFile(filepath.Join(files, name), content, 0o644); err != nil {
			return err
		}
	}
	archive, err := os.Create(filepath.Join(files, version+".zip"))
	if err != nil {
		return err
	}
	if err := zip.CreateFromDir(archive, module.Version{Path: path, Version: version}, root); err != nil {
		return err
	}
	return archive.Close()
}
