// Answers questions about the real Helm in batches: JSON lines in, JSON lines out, all in one process.
//
//	{"id":1,"op":"render","templates":{"templates/a.yaml":"{{ .Values.a }}"},"values":{"a":1}}
//	{"id":2,"op":"template","chart":"/charts/cilium-1.20.0.tgz","args":["--set","debug.enabled=true"]}
//	{"id":3,"op":"helm","args":["show","values","/charts/cilium-1.20.0.tgz"]}
//	{"id":4,"op":"set","valueFiles":["a: 1"],"sets":[["set","a.b=c"],["string","n=1"],["json","l=[1]"]]}
//	{"id":5,"op":"coalesce","templates":{"values.yaml":"a: 1"},"valueFiles":["b: 2"]}
//
// Each answer has the id, and `ok` or `error`. What each question may say is in request.go.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
)

const helmModule = "helm.sh/helm/v4"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("helm", version())
		return
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "helm-peer:", err)
		os.Exit(1)
	}
}

// version is that of the linked Helm, without its "v".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, dep := range info.Deps {
		if dep.Path == helmModule {
			return dep.Version[1:]
		}
	}
	return "unknown"
}

func serve(questions io.Reader, answers io.Writer) error {
	home, err := os.MkdirTemp("", "helm-peer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	// Nothing of the person's own helm or cluster plays a part.
	for name, value := range map[string]string{
		"HELM_CACHE_HOME":  filepath.Join(home, "cache"),
		"HELM_CONFIG_HOME": filepath.Join(home, "config"),
		"HELM_DATA_HOME":   filepath.Join(home, "data"),
		"HELM_NO_PLUGINS":  "1",
		"KUBECONFIG":       "/dev/null",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	peer, err := newPeer(home)
	if err != nil {
		return err
	}
	// A line holds a whole chart, so a Scanner's limits do not fit.
	lines := bufio.NewReaderSize(questions, 1<<20)
	out := bufio.NewWriterSize(answers, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := write(out, peer.answer(line)); err != nil {
				return err
			}
			// At once: should the next question crash the process, its cause must not be taken for this one's.
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func write(out io.Writer, answer *response) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(answer)
}
