package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"sesec.eu/tidings/mailer"
)

// SIGHUP has a running worker read its settings once more (MAIL 30): the file, and
// the files it names, such as DKIM keys. What concerns how mail leaves is in force
// with the next message. The rest needs a restart, and the log says what.

// reloadable names the settings that a running process takes over.
var reloadable = []string{"smtp", "connections", "rate", "domain-limits", "too-late", "dkim-domain", "dkim-keys", "log-level"}

// reloads is the job that waits for the signal. Where a person sits at a terminal
// the signal says that the terminal is gone, and ends the program as always.
func (a *app) reloads(w *mailer.Worker, s Settings, again source) func(ctx context.Context) error {
	asked := make(chan os.Signal, 1)
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		signal.Notify(asked, syscall.SIGHUP)
	}
	return func(ctx context.Context) error {
		defer signal.Stop(asked)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-asked:
				s = a.reload(w, s, again)
			}
		}
	}
}

// reload reads the settings and tells the worker. With a fault in them everything
// stays as it is. It gives the settings in force.
func (a *app) reload(w *mailer.Worker, was Settings, again source) Settings {
	keep := func(err error) Settings {
		a.log.Error("the settings were not changed", "error", err)
		return was
	}
	next, err := again.settings()
	if err != nil {
		return keep(err)
	}
	read, err := next.read()
	if err != nil {
		return keep(err)
	}
	read.sign(a.current(context.Background()))
	servers, err := read.mailServers(a.now)
	if err != nil {
		return keep(err)
	}
	w.Tune(read.tuning(servers))
	a.level.Set(read.level)
	var changed, waiting []string
	before := settingFields(&was)
	for i, f := range settingFields(next) {
		switch {
		case f.value == before[i].value:
		case slices.Contains(reloadable, f.name):
			changed = append(changed, f.name)
		default:
			waiting = append(waiting, f.name)
		}
	}
	a.log.Info("the settings were read again", "changed", strings.Join(changed, " "))
	if len(waiting) > 0 {
		a.log.Warn("these changes wait for a restart", "settings", strings.Join(waiting, " "))
	}
	return *next
}
