package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	_ "unsafe" // for linkname

	_ "github.com/spf13/cobra"

	"helm.sh/helm/v4/pkg/chart/common/util"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	helmcmd "helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/engine"
)

// Each root command adds to this list, and each command runs all of it: it has to be emptied in between.
//
//go:linkname initializers github.com/spf13/cobra.initializers
var initializers []func()

type peer struct {
	home string
	// What Helm prints past its writer (`wrote FILE`).
	stdout *os.File
}

func newPeer(home string) (*peer, error) {
	// Helm's packages print to os.Stdout here and there, which are our answers.
	stdout, err := os.Create(filepath.Join(home, "stdout"))
	if err != nil {
		return nil, err
	}
	os.Stdout = stdout
	return &peer{home: home, stdout: stdout}, nil
}

func (p *peer) answer(line []byte) (answer *response) {
	var question request
	answer = &response{}
	if err := json.Unmarshal(line, &question); err != nil {
		answer.Error = "not a question: " + err.Error()
		return answer
	}
	answer.ID = question.ID
	defer func() {
		if caught := recover(); caught != nil {
			answer.OK, answer.Error, answer.Panic = nil, fmt.Sprint(caught), true
		}
	}()
	if question.Measure {
		debug.FreeOSMemory()
		// 5 resets the peak, see proc(5).
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	}
	start := time.Now()
	err := p.dispatch(&question, answer)
	if answer.Micros == 0 {
		answer.Micros = time.Since(start).Microseconds()
	}
	if question.Measure {
		answer.PeakKiB = peak()
	}
	if err != nil {
		answer.Error = err.Error()
		if answer.Error == "" {
			answer.Error = "an error without a text"
		}
	}
	return answer
}

func (p *peer) dispatch(question *request, answer *response) error {
	switch question.Op {
	case "render":
		return p.render(question, answer)
	case "coalesce":
		return p.coalesce(question, answer)
	case "set":
		merged, err := question.userValues(p.home)
		if err != nil {
			return err
		}
		return told(answer, merged)
	case "helm":
		return p.command(question.Args, question, answer)
	case "template":
		var path string
		if err := json.Unmarshal(question.Chart, &path); err != nil {
			return fmt.Errorf("chart: %w", err)
		}
		name := question.Release.Name
		if name == "" {
			name = "release-name"
		}
		return p.command(append([]string{"template", name, path}, question.Args...), question, answer)
	default:
		return fmt.Errorf("there is no op %q", question.Op)
	}
}

// render does what `helm template` does between its flags and the sorting of its output.
func (p *peer) render(question *request, answer *response) error {
	var logged bytes.Buffer
	logTo(&logged, false)
	defer func() { answer.Stderr = logged.String() }()
	chart, err := question.loadChart()
	if err != nil {
		return err
	}
	values, err := question.userValues(p.home)
	if err != nil {
		return err
	}
	capabilities, err := question.capabilities()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := chartutil.ProcessDependencies(chart, values); err != nil {
		return fmt.Errorf("chart dependencies processing failed: %w", err)
	}
	top, err := util.ToRenderValuesWithSchemaValidation(
		chart, values, question.releaseOptions(), capabilities, question.SkipSchema)
	if err != nil {
		return err
	}
	files, err := engine.Render(chart, top)
	answer.Micros = time.Since(start).Microseconds()
	if err != nil {
		return err
	}
	rendered := make(map[string]string, len(files))
	for name, text := range files {
		name = strings.TrimPrefix(name, chart.Name()+"/")
		rendered[name] = text
		if !utf8.ValidString(text) {
			if answer.Binary == nil {
				answer.Binary = make(map[string]string)
			}
			answer.Binary[name] = base64.StdEncoding.EncodeToString([]byte(text))
		}
	}
	answer.OK = rendered
	return nil
}

// coalesce answers the values that the templates of the top chart would see.
func (p *peer) coalesce(question *request, answer *response) error {
	var logged bytes.Buffer
	logTo(&logged, false)
	defer func() { answer.Stderr = logged.String() }()
	chart, err := question.loadChart()
	if err != nil {
		return err
	}
	values, err := question.userValues(p.home)
	if err != nil {
		return err
	}
	if err := chartutil.ProcessDependencies(chart, values); err != nil {
		return fmt.Errorf("chart dependencies processing failed: %w", err)
	}
	merged, err := util.CoalesceValues(chart, values)
	if err != nil {
		return err
	}
	return told(answer, merged.AsMap())
}

func told(answer *response, values map[string]any) error {
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	answer.OK, answer.Go = json.RawMessage(text), fmt.Sprintf("%#v", values)
	return nil
}

// handle is a writer whose target can be taken away: a command leaves a goroutine behind that holds its writer.
type handle struct{ to *bytes.Buffer }

func (h *handle) Write(data []byte) (int, error) {
	if h.to == nil {
		return 0, io.ErrClosedPipe
	}
	return h.to.Write(data)
}

// command runs helm with these arguments, as its main function does.
func (p *peer) command(args []string, question *request, answer *response) error {
	var out, errs bytes.Buffer
	to := &handle{&out}
	defer func() { to.to = nil }()
	if err := p.stdin(question.Stdin); err != nil {
		return err
	}
	initializers = nil
	// Helm keeps its settings in one variable, where what an earlier command was told is the next one's default.
	args = append([]string{args[0], "--namespace=default", "--debug=false", "--kube-context="}, args[1:]...)
	start := time.Now()
	root, err := helmcmd.NewRootCmd(to, args, func(debug bool) { logTo(&errs, debug) })
	if err != nil {
		return err
	}
	root.SetArgs(args)
	root.SetOut(to)
	root.SetErr(&errs)
	err = root.Execute()
	answer.Micros = time.Since(start).Microseconds()
	past, rest := p.past()
	out.WriteString(past)
	if !utf8.Valid(out.Bytes()) {
		answer.Binary = map[string]string{"stdout": base64.StdEncoding.EncodeToString(out.Bytes())}
	}
	answer.OK, answer.Stderr = out.String(), errs.String()
	return errors.Join(err, rest)
}

func (p *peer) stdin(text *string) error {
	if text == nil {
		text = new(string)
	}
	name := filepath.Join(p.home, "stdin")
	if err := os.WriteFile(name, []byte(*text), 0o600); err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	if os.Stdin != nil && os.Stdin.Name() == name {
		os.Stdin.Close()
	}
	os.Stdin = file
	return nil
}

// past takes what went to os.Stdout.
func (p *peer) past() (string, error) {
	size, err := p.stdout.Seek(0, io.SeekCurrent)
	if err != nil || size == 0 {
		return "", err
	}
	text := make([]byte, size)
	if _, err := p.stdout.ReadAt(text, 0); err != nil {
		return "", err
	}
	if err := p.stdout.Truncate(0); err != nil {
		return "", err
	}
	_, err = p.stdout.Seek(0, io.SeekStart)
	return string(text), err
}

// logTo makes the log what Helm's own is, in a buffer.
func logTo(buffer *bytes.Buffer, debug bool) {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(buffer, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, attribute slog.Attr) slog.Attr {
			if attribute.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attribute
		},
	})))
}

// peak is the highest resident memory since it was reset, in KiB; 0 where the system does not tell.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			if fields := strings.Fields(rest); len(fields) > 0 {
				kib, err := strconv.ParseInt(fields[0], 10, 64)
				if err == nil {
					return kib
				}
			}
		}
	}
	return 0
}
