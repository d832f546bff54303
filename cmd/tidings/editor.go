package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type editorCmd struct {
	Add         editorAddCmd         `cmd:"" help:"Add somebody to the desk: the first admin, say."`
	List        editorListCmd        `cmd:"" help:"List who works at the desk."`
	Password    editorPasswordCmd    `cmd:"" help:"Set somebody's password, or give them a link to set it."`
	FactorReset editorFactorResetCmd `cmd:"" help:"Take the second factor of somebody who has lost it away."`
	End         editorEndCmd         `cmd:"" help:"Take somebody's way in away. What they did stays in the audit log."`
}

type editorAddCmd struct {
	Name          string `required:"" help:"Name."`
	Address       string `required:"" help:"E-mail address, with which they sign in."`
	Role          string `required:"" help:"editor writes, publisher approves and sends, admin looks after people and settings."`
	PasswordStdin bool   `help:"Read the password from standard input, instead of giving a link."`
	JSON          bool   `help:"Answer as JSON."`
}

// Run adds the editor. Without a password they get a link: by mail where there is
// a mail server, on standard output where there is none.
func (c editorAddCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		password, err := c.password(std)
		if err != nil {
			return err
		}
		n := subscriptions.NewEditor{Name: c.Name, Address: c.Address, Role: subscriptions.Role(c.Role)}
		e, err := a.people.Add(ctx, subscriptions.AtCommandLine, n)
		if err != nil {
			return err
		}
		if !c.JSON {
			fmt.Fprintf(std.out, "%s works at the desk as %s.\n", e.Name, e.Role)
		}
		if password == "" {
			return a.giveLink(ctx, e, c.JSON)
		}
		if err := a.people.SetPassword(ctx, subscriptions.AtCommandLine, e.ID, password); err != nil {
			return err
		}
		if c.JSON {
			return a.tellEditor(ctx, e.ID)
		}
		fmt.Fprintf(std.out, "Sign in at %s\n", a.settings.identity.URL("/desk/sign-in"))
		return nil
	})
}

// password reads the password and refuses a bad one before anybody is added.
func (c editorAddCmd) password(std stdio) (string, error) {
	if !c.PasswordStdin {
		return "", nil
	}
	password, err := readPassword(std.in)
	if err != nil {
		return "", err
	}
	return password, subscriptions.CheckPassword(password, c.Name, c.Address)
}

// readPassword reads one line.
func readPassword(r io.Reader) (string, error) {
	const most = 1 << 10
	line, err := bufio.NewReader(io.LimitReader(r, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Field: "password", Message: "there is no password on standard input",
			Hint: "Pass it on, as in: tidings editor password ADDRESS --password-stdin < file"}}
	}
	return line, nil
}

// giveLink sends a link to set a password, or prints it where nothing can be sent.
func (a *app) giveLink(ctx context.Context, e subscriptions.Editor, asJSON bool) error {
	if len(a.settings.smtp) > 0 {
		kind, err := a.people.SendLink(ctx, subscriptions.AtCommandLine, e.ID)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(a.std.out, map[string]any{"address": e.Address, "letter": kind})
		}
		fmt.Fprintf(a.std.out, "A letter with a link is queued for %s (%s). It leaves when serve or worker runs.\n", e.Address, kind)
		return nil
	}
	kind, path := subscriptions.KindReset, "/desk/reset/"
	if e.PasswordHash == "" {
		kind, path = subscriptions.KindInvitation, "/desk/invitation/"
	}
	token, until := e.Link(a.keys, kind, a.now())
	if asJSON {
		return writeJSON(a.std.out, map[string]any{"address": e.Address, "link": a.settings.identity.URL(path + token), "until": until})
	}
	fmt.Fprintf(a.std.out, "No mail server is set, so here is the link to set a password. It works once, until %s UTC:\n%s\n",
		until.Format("2 January 2006, 15:04"), a.settings.identity.URL(path+token))
	return nil
}

type editorListCmd struct {
	JSON bool `help:"Answer as JSON."`
}

type editorView struct {
	Name         string     `json:"name"`
	Address      string     `json:"address"`
	Role         string     `json:"role"`
	Password     bool       `json:"password"`
	SecondFactor bool       `json:"second_factor"`
	CreatedAt    time.Time  `json:"created_at"`
	SignedInAt   *time.Time `json:"signed_in_at,omitempty"`
	EndedAt      *time.Time `json:"ended_at,omitempty"`
}

// Run lists everybody, by name.
func (c editorListCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		all, err := a.store.Editors(ctx)
		if err != nil {
			return err
		}
		views := make([]editorView, len(all))
		for i, e := range all {
			views[i] = viewOfEditor(e)
		}
		if c.JSON {
			return writeJSON(std.out, views)
		}
		if len(views) == 0 {
			fmt.Fprintln(std.out, "Nobody works at the desk yet. Add the first admin: tidings editor add --name NAME --address ADDRESS --role admin")
			return nil
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		for _, v := range views {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Address, v.Name, v.Role, v.state())
		}
		return w.Flush()
	})
}

func viewOfEditor(e subscriptions.Editor) editorView {
	return editorView{Name: e.Name, Address: e.Address, Role: string(e.Role), Password: e.PasswordHash != "", SecondFactor: e.HasFactor(),
		CreatedAt: e.CreatedAt, SignedInAt: moment(e.SignedInAt), EndedAt: moment(e.EndedAt)}
}

// tellEditor answers with an editor as they are now.
func (a *app) tellEditor(ctx context.Context, id int64) error {
	e, err := a.store.FindEditor(ctx, id)
	if err != nil {
		return err
	}
	return writeJSON(a.std.out, viewOfEditor(e))
}

func (v editorView) state() string {
	switch {
	case v.EndedAt != nil:
		return "ended " + v.EndedAt.Format(time.DateOnly)
	case !v.Password:
		return "invited"
	case v.SecondFactor:
		return "with a second factor"
	}
	return "with a password"
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type editorPasswordCmd struct {
	Address       string `arg:"" help:"E-mail address."`
	PasswordStdin bool   `help:"Read the new password from standard input, instead of giving a link."`
	JSON          bool   `help:"Answer as JSON."`
}

// Run sets the password, or gives a link.
func (c editorPasswordCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditor(ctx, s, std, c.Address, func(a *app, e subscriptions.Editor) error {
		if !c.PasswordStdin {
			return a.giveLink(ctx, e, c.JSON)
		}
		password, err := readPassword(std.in)
		if err != nil {
			return err
		}
		if err := a.people.SetPassword(ctx, subscriptions.AtCommandLine, e.ID, password); err != nil {
			return err
		}
		if c.JSON {
			return a.tellEditor(ctx, e.ID)
		}
		fmt.Fprintf(std.out, "The password of %s is set. They are signed out everywhere.\n", e.Name)
		return nil
	})
}

type editorFactorResetCmd struct {
	Address string `arg:"" help:"E-mail address."`
	JSON    bool   `help:"Answer as JSON."`
}

// Run takes the second factor away.
func (c editorFactorResetCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditor(ctx, s, std, c.Address, func(a *app, e subscriptions.Editor) error {
		if _, err := a.people.ResetFactor(ctx, subscriptions.AtCommandLine, e.ID); err != nil {
			return err
		}
		if c.JSON {
			return a.tellEditor(ctx, e.ID)
		}
		fmt.Fprintf(std.out, "%s signs in with the password alone.\n", e.Name)
		if e.Role.May(subscriptions.RolePublisher) {
			fmt.Fprintln(std.out, "The desk asks for a new second factor before anything else.")
		}
		return nil
	})
}

type editorEndCmd struct {
	Address string `arg:"" help:"E-mail address."`
	JSON    bool   `help:"Answer as JSON."`
}

// Run ends the editor.
func (c editorEndCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditor(ctx, s, std, c.Address, func(a *app, e subscriptions.Editor) error {
		if _, err := a.people.End(ctx, subscriptions.AtCommandLine, e.ID); err != nil {
			return err
		}
		if c.JSON {
			return a.tellEditor(ctx, e.ID)
		}
		fmt.Fprintf(std.out, "%s does not work at the desk any more, and is signed out everywhere.\n", e.Name)
		return nil
	})
}

// inEditor finds the editor a command is about.
func inEditor(ctx context.Context, s *Settings, std stdio, address string, f func(a *app, e subscriptions.Editor) error) error {
	return inApp(ctx, s, std, func(a *app) error {
		e, err := a.people.FindByAddress(ctx, address)
		if err != nil {
			return err
		}
		return f(a, e)
	})
}
