// Command tidings is the whole service in one binary: the web site, the worker
// that sends, and the editor's and operator's command line.
//
// Every command is a file of its own; app.go wires, config.go reads the
// settings. A command answers 0 when it is done, 1 when it failed, 2 when it was
// used wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // webinars name zones; a bare machine knows none

	"github.com/alecthomas/kong"

	"sesec.eu/tidings/subscriptions"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks a second time does not want to wait
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// stdio is where a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is the command line: the settings, which every command shares, and the
// commands.
type cli struct {
	Settings `group:"Settings"`

	Demo       demoCmd       `cmd:"" help:"Show the whole service on the sample edition: mail server, inbox and site included."`
	Serve      serveCmd      `cmd:"" help:"Run the site, and the worker beside it."`
	Worker     workerCmd     `cmd:"" help:"Send what is queued, without the site."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database to this version."`
	Import     importCmd     `cmd:"" help:"Read items, newsletters and subscribers from files."`
	Edition    editionCmd    `cmd:"" help:"Put editions together, approve, send and watch them."`
	Preview    previewCmd    `cmd:"" help:"Write mails into a folder, to look at them: HTML, text, as they leave, pictures."`
	Webinar    webinarCmd    `cmd:"" help:"Look at webinars and who takes part, read who was there."`
	Stats      statsCmd      `cmd:"" help:"Tell how the newsletter is doing: readers, editions, topics, losses."`
	Editor     editorCmd     `cmd:"" help:"Look after the people of the desk."`
	Subscriber subscriberCmd `cmd:"" help:"Look up people, give them their data, forget them."`
	Bounce     bounceCmd     `cmd:"" help:"Read what came back: bounces, complaints."`
	Backup     backupCmd     `cmd:"" help:"Write the database and the attached files into one file, while the service runs."`
	Restore    restoreCmd    `cmd:"" help:"Bring a backup back. What is restored sends nothing before tidings release."`
	Release    releaseCmd    `cmd:"" help:"Let a restored or copied database send mail."`
	House      settingsCmd   `cmd:"" name:"settings" help:"Show and change what the organisation sets about itself: name, sender, colours, texts."`
	Files      templatesCmd  `cmd:"" name:"templates" help:"Write the templates of the program, to begin your own from."`
	Doctor     doctorCmd     `cmd:"" help:"Look at what sending rests on: database, secret, mail server, the records of the domain."`
	Config     configCmd     `cmd:"" help:"Show the settings in force, without secrets."`
	Version    versionCmd    `cmd:"" help:"Show the version."`
}

// errUsage marks an error of how the program was called.
type errUsage struct{ error }

func (e errUsage) Unwrap() error { return e.error }

// run parses and runs one command line.
func run(ctx context.Context, args []string, std stdio) int {
	var c cli
	exit := -1
	out := &answer{w: std.out}
	std.out = out
	if len(args) == 0 {
		// Called with nothing it says what there is.
		args, std.out = []string{"--help"}, std.err
	}
	parser, err := newParser(&c, kong.Writers(std.out, std.err), kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std, source{args}))
	if err != nil {
		return report(std.err, err)
	}
	parser.Model.HelpFlag.Help = "Show this."
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help has answered
		if std.out != out {
			return exitUsage
		}
		return out.code(std.err, exit)
	}
	if err != nil {
		return report(std.err, errUsage{err})
	}
	parsed.Bind(&c.Settings)
	return out.code(std.err, report(std.err, parsed.Run()))
}

func newParser(c *cli, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append([]kong.Option{kong.Name("tidings"), kong.Description("Topic-tailored e-mail digests. Start with: tidings demo"),
		kong.NamedMapper("edition", kong.MapperFunc(editionNumber)), kong.Configuration(yamlFile)}, options...)...)
}

// source is the command line, from which the settings can be read once more: the
// flags are the same, and the file may have changed.
type source struct{ args []string }

func (s source) settings() (*Settings, error) {
	var c cli
	parser, err := newParser(&c, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		return nil, err
	}
	if _, err := parser.Parse(s.args); err != nil {
		return nil, errUsage{err}
	}
	return &c.Settings, nil
}

// answer is standard output. Whether it could be written is asked once, at the
// end, and not at each line.
type answer struct {
	w   io.Writer
	err error
}

// Write remembers the first fault.
func (a *answer) Write(p []byte) (int, error) {
	n, err := a.w.Write(p)
	if a.err == nil {
		a.err = err
	}
	return n, err
}

// code turns done into failed where the answer was lost: to a full disk, say.
func (a *answer) code(w io.Writer, code int) int {
	if a.err == nil || code != exitDone {
		return code
	}
	return report(w, fmt.Errorf("the answer could not be written: %w", a.err))
}

// report says what went wrong and what to do about it, each fault on a line.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errSilent) {
		return exitFailed
	}
	if errors.Is(err, context.Canceled) && err.Error() == context.Canceled.Error() {
		fmt.Fprintln(w, "tidings: stopped.")
		return exitFailed
	}
	code := exitFailed
	var later errLater
	if errors.As(err, &later) {
		err = later.error
	}
	var usage errUsage
	if errors.As(err, &usage) {
		code = exitUsage
		if subscriptions.CodeOf(err) == subscriptions.Internal && !hasParts(err) {
			fmt.Fprintf(w, "tidings: %v\n  Every command tells its use with --help.\n", usage.error)
			return later.code(code)
		}
	}
	for _, e := range parts(err) {
		fmt.Fprintf(w, "tidings: %v\n", e)
		if hint := subscriptions.HintOf(e); hint != "" {
			fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(hint, "\n", "\n  "))
		}
	}
	return later.code(code)
}

// exitLater tells a mail server that pipes to us to try again (EX_TEMPFAIL of
// sysexits.h).
const exitLater = 75

// errLater is a failure after which trying again helps.
type errLater struct{ error }

// code is exitLater, whatever the failure is otherwise.
func (e errLater) code(otherwise int) int {
	if e.error != nil {
		return exitLater
	}
	return otherwise
}

// Unwrap gives what failed.
func (e errLater) Unwrap() error { return e.error }

// errSilent ends a command that has already said what is wrong.
var errSilent = errors.New("failed")

// parts takes joined errors apart.
func parts(err error) []error {
	var usage errUsage
	if errors.As(err, &usage) {
		err = usage.error
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func hasParts(err error) bool { return len(parts(err)) > 1 }
