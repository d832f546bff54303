package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"sesec.eu/tidings/subscriptions"
)

type settingsCmd struct {
	Show   settingsShowCmd   `cmd:"" help:"List the settings in force."`
	Set    settingsSetCmd    `cmd:"" help:"Change some: tidings settings set site='Our News' light.accent=#14663f"`
	Export settingsExportCmd `cmd:"" help:"Write what is not the standard, with the logo, as JSON."`
	Import settingsImportCmd `cmd:"" help:"Take what was exported; all else becomes the standard."`
}

type settingsShowCmd struct {
	All  bool `help:"The texts too."`
	JSON bool `help:"Answer as JSON."`
}

// shownSetting is a line of show.
type shownSetting struct {
	Key      string `json:"key"`
	Value    string `json:"value"`
	Standard bool   `json:"standard"`
	Fixed    string `json:"fixed,omitempty"` // by which variable
}

// Run lists the settings in the order of the desk.
func (c settingsShowCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		house, err := a.house.Current(ctx)
		if err != nil {
			return err
		}
		var all []shownSetting
		for _, f := range subscriptions.SettingFields() {
			if f.Page == subscriptions.SettingsTexts && !c.All && !c.JSON {
				continue
			}
			_, set := house.Settings[f.Key]
			all = append(all, shownSetting{f.Key, house.Settings.Get(f.Key), !set, a.house.Fixed[f.Key].By})
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"version": house.Version, "settings": all})
		}
		fmt.Fprintf(std.out, "Version %d\n", house.Version)
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		for _, line := range all {
			note := ""
			switch {
			case line.Fixed != "":
				note = "fixed by " + line.Fixed
			case line.Standard:
				note = "standard"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", line.Key, note, strings.ReplaceAll(line.Value, "\n", " "))
		}
		return w.Flush()
	})
}

type settingsSetCmd struct {
	Changes []string `arg:"" placeholder:"KEY=VALUE" help:"What to change; KEY= is the standard again. logo.light=FILE takes a picture."`
	JSON    bool     `help:"Answer as JSON."`
}

// Run changes settings, all of them or none.
func (c settingsSetCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	changes := subscriptions.Settings{}
	var pictures []subscriptions.Picture
	for _, change := range c.Changes {
		key, value, ok := strings.Cut(change, "=")
		if !ok {
			return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("%q is not KEY=VALUE", change), Hint: "As in: tidings settings set site='Our News'"}}
		}
		f, err := subscriptions.FindSetting(key)
		if err != nil {
			return err
		}
		if f.Kind == subscriptions.SettingPicture && value != "" {
			p, err := readPicture(key, value)
			if err != nil {
				return err
			}
			pictures, value = append(pictures, p), p.Setting()
		}
		changes[key] = value
	}
	return inApp(ctx, s, std, func(a *app) error {
		stored, err := a.house.Stored(ctx)
		if err != nil {
			return err
		}
		saved, made, err := a.house.Change(ctx, stored.Version, changes, subscriptions.AtCommandLine, pictures...)
		if err != nil {
			return withKeys(err)
		}
		return a.toldSettings(std, saved, made, c.JSON)
	})
}

// withKeys puts before each fault which setting it is of.
func withKeys(err error) error {
	var all []error
	for _, e := range parts(err) {
		var fault *subscriptions.Error
		if errors.As(e, &fault) && fault.Code == subscriptions.Invalid && fault.Field != "" {
			e = named(fault.Field, e)
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}

// toldSettings says what came of a change, and what it brings about.
func (a *app) toldSettings(std stdio, saved subscriptions.SettingsVersion, made []subscriptions.SettingChange, asJSON bool) error {
	warnings := a.house.House(saved).Settings.Warnings(a.house.Signs)
	if asJSON {
		out := struct {
			Version  int64                   `json:"version"`
			Changes  []map[string]string     `json:"changes"`
			Warnings []subscriptions.Warning `json:"warnings"`
		}{saved.Version, []map[string]string{}, append([]subscriptions.Warning{}, warnings...)}
		for _, c := range made {
			out.Changes = append(out.Changes, map[string]string{"key": c.Field.Key, "old": c.Old, "new": c.New})
		}
		return writeJSON(std.out, out)
	}
	if len(made) == 0 {
		fmt.Fprintln(std.out, "Nothing has changed.")
		return nil
	}
	for _, c := range made {
		fmt.Fprintln(std.out, c.Words())
	}
	for _, w := range warnings {
		fmt.Fprintln(std.err, "tidings:", w.Message)
	}
	fmt.Fprintf(std.out, "Version %d is in force.\n", saved.Version)
	return nil
}

// readPicture reads a file, no more of it than a picture may have.
func readPicture(key, name string) (subscriptions.Picture, error) {
	f, err := os.Open(name)
	if err != nil {
		return subscriptions.Picture{}, fmt.Errorf("read the picture: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, subscriptions.MaxPicture+1))
	if err != nil {
		return subscriptions.Picture{}, fmt.Errorf("read the picture %s: %w", name, err)
	}
	return subscriptions.NewPicture(key, data)
}

// exportedSettings is the file of export and import.
type exportedSettings struct {
	Settings subscriptions.Settings `json:"settings"`
	Pictures map[string][]byte      `json:"pictures,omitempty"` // by key: logo.light
}

type settingsExportCmd struct{}

// Run writes what was set, without what the operator fixed.
func (settingsExportCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		stored, err := a.house.Stored(ctx)
		if err != nil {
			return err
		}
		out := exportedSettings{Settings: subscriptions.Settings{}, Pictures: map[string][]byte{}}
		for _, f := range subscriptions.SettingFields() {
			value, set := stored.Values[f.Key]
			if !set {
				continue
			}
			if f.Kind != subscriptions.SettingPicture {
				out.Settings[f.Key] = value
				continue
			}
			name, _, _ := strings.Cut(value, " ")
			p, err := a.store.FindPicture(ctx, name)
			if err != nil {
				return err
			}
			out.Pictures[f.Key] = p.Data
		}
		return writeJSON(std.out, out)
	})
}

type settingsImportCmd struct {
	File string `arg:"" placeholder:"FILE" help:"What export wrote; - for standard input."`
	JSON bool   `help:"Answer as JSON."`
}

// Run takes a file, whole or not at all.
func (c settingsImportCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	in := std.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("read the settings: %w", err)
		}
		defer f.Close()
		in = f
	}
	wrong := func(err error) error {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: c.File + " is not what tidings settings export writes", Err: err}
	}
	var read exportedSettings
	d := json.NewDecoder(io.LimitReader(in, maxSettings))
	d.DisallowUnknownFields()
	if err := d.Decode(&read); err != nil {
		return wrong(err)
	}
	if read.Settings == nil {
		return wrong(errors.New("it has no settings"))
	}
	var pictures []subscriptions.Picture
	for key, data := range read.Pictures {
		p, err := subscriptions.NewPicture(key, data)
		if err != nil {
			return err
		}
		pictures, read.Settings[key] = append(pictures, p), p.Setting()
	}
	return inApp(ctx, s, std, func(a *app) error {
		saved, made, err := a.house.Replace(ctx, read.Settings, subscriptions.AtCommandLine, pictures...)
		if err != nil {
			return withKeys(err)
		}
		return a.toldSettings(std, saved, made, c.JSON)
	})
}
