package main

import (
	"fmt"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates"
)

type templatesCmd struct {
	Export templatesExportCmd `cmd:"" help:"Write them into a folder."`
	Check  templatesCheckCmd  `cmd:"" help:"Try those of TIDINGS_TEMPLATES with sample data, as the start does."`
}

type templatesExportCmd struct {
	Folder string `arg:"" placeholder:"FOLDER" help:"Where to; it is made, and nothing in it is written over."`
}

// Run writes the templates that can be overridden.
func (c templatesExportCmd) Run(std stdio) error {
	n, err := templates.Export(c.Folder)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%d templates are in %s. Keep those that you change and delete the others: they follow the program then.\n", n, c.Folder)
	return nil
}

type templatesCheckCmd struct{}

// Run tries every template once.
func (templatesCheckCmd) Run(s *Settings, std stdio) error {
	read, err := s.read()
	if err != nil {
		return err
	}
	if read.templates == nil {
		return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: "no folder of templates is given",
			Hint: "TIDINGS_TEMPLATES=mine tidings templates check"}}
	}
	if err := (&app{settings: read}).checkTemplates(); err != nil {
		return err
	}
	fmt.Fprintln(std.out, "Every template was filled; the links that people need are in every letter.")
	return nil
}
