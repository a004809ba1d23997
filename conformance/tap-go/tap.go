// Package tap writes the Test Anything Protocol, version 13: what the validation programs use of
// github.com/mndrix/tap-go, which Debian does not have.
package tap

import (
	"encoding/json"
	"fmt"
	"strings"
)

// T writes results to standard output.
type T struct {
	count *int
	// todo marks results whose failure is known and does not count.
	todo string
}

func New() *T { return &T{count: new(int)} }

// Header begins the stream; a plan of 0 tests is left to AutoPlan.
func (t *T) Header(tests int) {
	fmt.Println("TAP version 13")
	if tests > 0 {
		fmt.Printf("1..%d\n", tests)
	}
}

// Todo returns a T whose results may fail.
func (t *T) Todo() *T { return &T{count: t.count, todo: " # TODO"} }

func (t *T) Ok(passed bool, description string) {
	word := "ok"
	if !passed {
		word = "not ok"
	}
	*t.count++
	fmt.Printf("%s %d%s - %s\n", word, *t.count, t.todo, description)
}

func (t *T) Pass(description string) { t.Ok(true, description) }

func (t *T) Fail(description string) { t.Ok(false, description) }

func (t *T) Skip(tests int, reason string) {
	for ; tests > 0; tests-- {
		*t.count++
		fmt.Printf("ok %d # SKIP %s\n", *t.count, reason)
	}
}

func (t *T) AutoPlan() { fmt.Printf("1..%d\n", *t.count) }

func (t *T) Diagnostic(text string) {
	fmt.Printf("# %s\n", strings.ReplaceAll(text, "\n", "\n# "))
}

func (t *T) Diagnosticf(format string, values ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, values...))
}

// YAML writes a block that belongs to the last result; JSON is YAML.
func (t *T) YAML(value interface{}) error {
	text, err := json.MarshalIndent(value, "  ", "  ")
	if err != nil {
		return err
	}
	fmt.Printf("  ---\n  %s\n  ...\n", text)
	return nil
}
