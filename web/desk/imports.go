package desk

import (
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/intake"
	"sesec.eu/tidings/web/page"
)

// importPath is where files and feeds become drafts; importBody is the largest
// file with a form around it.
const (
	importPath = "/desk/items/import"
	importBody = intake.MaxFile + 1<<20
)

// ImportPage takes a file, a pasted text or the address of a feed, and lists
// what was imported.
type ImportPage struct {
	Frame
	Topics []TopicChoice
	Kinds  []subscriptions.ImportKind
	Kind   string
	Text   string
	URL    string
	Runs   []subscriptions.ImportRun
	More   string // the address of older ones
	Faults page.Faults
}

// TopicChoice is a topic that what comes in may be filed under.
type TopicChoice struct {
	Slug, Name, Accent string
	Home, Also         bool
}

func (d *Desk) importForm(v *Visit) error {
	return d.showImport(v, http.StatusOK, &ImportPage{}, nil)
}

// showImport shows the form with what was sent.
func (d *Desk) showImport(v *Visit, status int, p *ImportPage, sent url.Values) error {
	ctx := v.Request.Context()
	p.Frame = Frame{Title: "Import", Section: "/desk/items"}
	p.Kinds = []subscriptions.ImportKind{subscriptions.ImportMarkdown, subscriptions.ImportArchive, subscriptions.ImportWord, subscriptions.ImportTable,
		subscriptions.ImportFeed, subscriptions.ImportNewsletter}
	var err error
	if p.Topics, err = d.topicChoices(v, sent); err != nil {
		return err
	}
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64) // what is no number is the newest
	if p.Runs, err = d.Imports.Store.Imports(ctx, before, perPage+1); err != nil {
		return err
	}
	if len(p.Runs) > perPage {
		p.Runs = p.Runs[:perPage]
		p.More = importPath + "?before=" + strconv.FormatInt(p.Runs[perPage-1].ID, 10)
	}
	return d.show(v, status, "desk/import", p)
}

func (d *Desk) topicChoices(v *Visit, sent url.Values) ([]TopicChoice, error) {
	topics, err := d.Imports.Store.Topics(v.Request.Context())
	if err != nil {
		return nil, err
	}
	choices := make([]TopicChoice, len(topics))
	for i, t := range topics {
		choices[i] = TopicChoice{t.Slug, t.Name, t.Accent, sent.Get("home") == t.Slug, slices.Contains(sent["also"], t.Slug)}
	}
	return choices, nil
}

// chosenTopics are those of the form, home first.
func chosenTopics(sent url.Values) []string {
	var slugs []string
	for _, s := range append([]string{sent.Get("home")}, sent["also"]...) {
		if s != "" && !slices.Contains(slugs, s) {
			slugs = append(slugs, s)
		}
	}
	return slugs
}

// prepareImport reads what was sent and leads to the report of what would come
// in. Nothing is an item yet.
func (d *Desk) prepareImport(v *Visit) error {
	sent, err := page.Form(v.Context)
	defer func() {
		if f := v.Request.MultipartForm; f != nil {
			_ = f.RemoveAll() // the system clears what is left of its temporary files
		}
	}()
	p := &ImportPage{Kind: sent.Get("kind"), Text: sent.Get("text"), URL: strings.TrimSpace(sent.Get("url"))}
	if page.TooLong(err) {
		p.Faults = page.Faults{{Field: "file", Message: "This is more than 20 MB, which is not read. Cut the file into several, or take the pictures out. Nothing was imported."}}
		return d.showImport(v, http.StatusRequestEntityTooLarge, p, sent)
	}
	if err != nil {
		return err
	}
	in, from, err := d.readImport(v, p)
	if err == nil {
		from.Topics = chosenTopics(sent)
		var run subscriptions.ImportRun
		if run, err = d.Imports.Prepare(v.Request.Context(), v.By(), in, from); err == nil {
			return v.Go(runPath(run.ID))
		}
	}
	faults, ok := faultsOf(err)
	if !ok {
		return err
	}
	for i := range faults {
		if faults[i].Field == "topics" {
			faults[i].Field = "home"
		}
	}
	p.Faults = faults
	return d.showImport(v, http.StatusUnprocessableEntity, p, sent)
}

// faultsOf is page.FaultsOf, with what another server or a missing program is to
// blame for: the person can choose another way, and their words stay.
func faultsOf(err error) (page.Faults, bool) {
	var e *subscriptions.Error
	if errors.As(err, &e) && e.Field != "" && (e.Code == subscriptions.Unavailable || e.Code == subscriptions.Refused || e.Code == subscriptions.Conflict) {
		as := *e
		as.Code = subscriptions.Invalid
		return page.FaultsOf(&as)
	}
	return page.FaultsOf(err)
}

// readImport reads the one of file, text and address that was given.
func (d *Desk) readImport(v *Visit, p *ImportPage) (in subscriptions.Import, from subscriptions.ImportSource, err error) {
	ctx := v.Request.Context()
	var name string
	var content []byte
	switch file := uploaded(v.Request.MultipartForm); {
	case file != nil:
		name = cmp.Or(file.Filename[strings.LastIndexAny(file.Filename, `/\`)+1:], "file")
		f, err := file.Open()
		if err != nil {
			return in, from, err
		}
		defer func() { _ = f.Close() }() // it was only read
		if content, err = io.ReadAll(io.LimitReader(f, intake.MaxFile+1)); err != nil {
			return in, from, err
		}
	case p.URL != "":
		answer, err := d.Intake.ReadFeed(ctx, p.URL, "", "")
		return answer.Import, subscriptions.ImportSource{Kind: subscriptions.ImportFeed, Name: p.URL}, err
	case strings.TrimSpace(p.Text) != "":
		name, content = "pasted text", []byte(p.Text)
	default:
		return in, from, &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: "nothing was given to import",
			Hint: "Choose a file, paste a text, or give the address of a feed."}
	}
	from = subscriptions.ImportSource{Kind: subscriptions.ImportKind(p.Kind), Name: strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), "?")}
	if p.Kind == "" {
		if from.Kind, err = intake.KindOf(from.Name, content); err != nil {
			return in, from, err
		}
	}
	in, err = d.Intake.ReadFile(ctx, from.Kind, from.Name, content)
	return in, from, err
}

// uploaded is the file of a form, nil when none was chosen.
func uploaded(f *multipart.Form) *multipart.FileHeader {
	if f == nil || len(f.File["file"]) == 0 || f.File["file"][0].Size == 0 && f.File["file"][0].Filename == "" {
		return nil
	}
	return f.File["file"][0]
}

func runPath(id int64) string { return importPath + "/" + strconv.FormatInt(id, 10) }
