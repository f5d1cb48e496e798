package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/cli/values"
	"helm.sh/helm/v4/pkg/getter"
)

// request is one question.
type request struct {
	ID json.RawMessage `json:"id,omitempty"`
	Op string          `json:"op"`

	// The chart's files as text, by path: templates, and any other file of it (values.yaml, charts/x/Chart.yaml).
	Templates map[string]string `json:"templates"`
	// More files, base64.
	Files map[string]string `json:"files"`
	// What Chart.yaml says beside its defaults (apiVersion v2, name chart, version 0.1.0).
	Chart json.RawMessage `json:"chart"`

	// Values as JSON reads them, instead of files and sets.
	Values map[string]any `json:"values"`
	// One values file, as text; for more, ValueFiles.
	ValuesYaml string     `json:"valuesYaml"`
	ValueFiles []string   `json:"valueFiles"`
	Sets       [][]string `json:"sets"`

	Release     releaseFields `json:"release"`
	KubeVersion string        `json:"kubeVersion"`
	APIVersions []string      `json:"apiVersions"`
	SkipSchema  bool          `json:"skipSchema"`

	// Of a command: its arguments, its standard input, and whether memory is to be measured (which costs time).
	Args    []string `json:"args"`
	Stdin   *string  `json:"stdin"`
	Measure bool     `json:"measure"`
}

type releaseFields struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	IsUpgrade bool   `json:"isUpgrade"`
	Revision  int    `json:"revision"`
}

// response is one answer.
type response struct {
	ID json.RawMessage `json:"id,omitempty"`
	OK any             `json:"ok,omitempty"`
	// The Go syntax of what is in OK, where JSON does not tell int64 from float64.
	Go string `json:"go,omitempty"`
	// The values of OK that are not UTF-8, base64.
	Binary map[string]string `json:"binary,omitempty"`
	Stderr string            `json:"stderr,omitempty"`
	Error  string            `json:"error,omitempty"`
	Panic  bool              `json:"panic,omitempty"`
	Micros int64             `json:"micros"`
	// The peak of resident memory while it was answered, if that was to be measured.
	PeakKiB int64 `json:"peakKiB,omitempty"`
}

// loadChart makes the chart of a question, as Helm makes one of an archive.
func (r *request) loadChart() (*chart.Chart, error) {
	files := make(map[string][]byte, len(r.Templates)+len(r.Files)+1)
	for name, text := range r.Templates {
		files[name] = []byte(text)
	}
	for name, encoded := range r.Files {
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("file %s: %w", name, err)
		}
		files[name] = data
	}
	if _, there := files["Chart.yaml"]; !there {
		fields := map[string]any{"apiVersion": "v2", "name": "chart", "version": "0.1.0"}
		if len(r.Chart) > 0 {
			if err := json.Unmarshal(r.Chart, &fields); err != nil {
				return nil, fmt.Errorf("chart: %w", err)
			}
		}
		// JSON is YAML.
		data, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		files["Chart.yaml"] = data
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	buffered := make([]*archive.BufferedFile, 0, len(names))
	for _, name := range names {
		buffered = append(buffered, &archive.BufferedFile{Name: path.Clean(name), Data: files[name]})
	}
	return loader.LoadFiles(buffered)
}

// userValues merges what a person gives: values files, then the sets, with Helm's own precedence.
func (r *request) userValues(home string) (map[string]any, error) {
	if r.Values != nil {
		return r.Values, nil
	}
	var options values.Options
	texts := r.ValueFiles
	if r.ValuesYaml != "" {
		texts = append([]string{r.ValuesYaml}, texts...)
	}
	for i, text := range texts {
		name := filepath.Join(home, fmt.Sprintf("values-%d.yaml", i))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, err
		}
		options.ValueFiles = append(options.ValueFiles, name)
	}
	for _, set := range r.Sets {
		if len(set) != 2 {
			return nil, fmt.Errorf("a set is [KIND, TEXT], not %q", set)
		}
		switch set[0] {
		case "set":
			options.Values = append(options.Values, set[1])
		case "string":
			options.StringValues = append(options.StringValues, set[1])
		case "json":
			options.JSONValues = append(options.JSONValues, set[1])
		case "file":
			options.FileValues = append(options.FileValues, set[1])
		case "literal":
			options.LiteralValues = append(options.LiteralValues, set[1])
		default:
			return nil, fmt.Errorf("a set is of kind set, string, json, file or literal, not %q", set[0])
		}
	}
	merged, err := options.MergeValues(getter.Providers{})
	if err != nil {
		// The folder has another name each time.
		return nil, fmt.Errorf("%s", strings.ReplaceAll(err.Error(), home+string(filepath.Separator), ""))
	}
	return merged, nil
}

func (r *request) releaseOptions() common.ReleaseOptions {
	options := common.ReleaseOptions{
		Name:      r.Release.Name,
		Namespace: r.Release.Namespace,
		Revision:  r.Release.Revision,
		IsUpgrade: r.Release.IsUpgrade,
		IsInstall: !r.Release.IsUpgrade,
	}
	if options.Name == "" {
		options.Name = "release-name"
	}
	if options.Namespace == "" {
		options.Namespace = "default"
	}
	if options.Revision == 0 {
		options.Revision = 1
	}
	return options
}

func (r *request) capabilities() (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if r.KubeVersion != "" {
		version, err := common.ParseKubeVersion(r.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("invalid kube version '%s': %w", r.KubeVersion, err)
		}
		capabilities.KubeVersion = *version
	}
	known := capabilities.APIVersions
	capabilities.APIVersions = append(known[:len(known):len(known)], r.APIVersions...)
	return capabilities, nil
}
