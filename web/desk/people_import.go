package desk

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// listsPath is where lists of people come in; listBody is the largest with a form
// around it.
const (
	listsPath = "/desk/people/import"
	listBody  = subscriptions.MaxListBytes + 1<<20
)

func (d *Desk) peopleImportRoutes() []Route {
	admin := subscriptions.RoleAdmin
	return []Route{
		{http.MethodGet, listsPath, admin, d.lists, 0},
		{http.MethodPost, listsPath, admin, d.uploadList, listBody},
		{http.MethodGet, listsPath + "/:id", admin, d.list, 0},
		{http.MethodPost, listsPath + "/:id/check", admin, d.checkList, 0},
		{http.MethodPost, listsPath + "/:id/take", admin, d.takeList, 0},
		{http.MethodPost, listsPath + "/:id/withdraw", admin, d.withdrawList, 0},
		{http.MethodPost, listsPath + "/:id/drop", admin, d.dropList, 0},
		{http.MethodGet, listsPath + "/:id/lines.csv", admin, d.listLines, 0},
		{http.MethodPost, listsPath + "/:id/list", admin, d.listFile, 0},
	}
}

// ListsPage takes a list of people and shows those that came.
type ListsPage struct {
	Frame
	Text   string
	Lists  []subscriptions.PeopleImport
	More   string // the address of older ones
	Faults page.Faults
}

func (d *Desk) lists(v *Visit) error { return d.showLists(v, http.StatusOK, &ListsPage{}) }

func (d *Desk) showLists(v *Visit, status int, p *ListsPage) error {
	p.Frame = Frame{Title: "Bring in a list", Section: "/desk/people"}
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64) // what is no number is the newest
	var err error
	if p.Lists, err = d.Lists.Store.PeopleImports(v.Request.Context(), before, perPage+1); err != nil {
		return err
	}
	if len(p.Lists) > perPage {
		p.Lists = p.Lists[:perPage]
		p.More = listsPath + "?before=" + strconv.FormatInt(p.Lists[perPage-1].ID, 10)
	}
	return d.show(v, status, "desk/people-imports", p)
}

// uploadList keeps a file, or what was pasted, and leads to what its columns are.
func (d *Desk) uploadList(v *Visit) error {
	sent, err := page.Form(v.Context)
	defer func() {
		if f := v.Request.MultipartForm; f != nil {
			_ = f.RemoveAll() // the system clears what is left of its temporary files
		}
	}()
	p := &ListsPage{Text: sent.Get("text")}
	if page.TooLong(err) {
		p.Faults = page.Faults{{Field: "file", Message: "This is more than 20 MB, which is not read. Cut the list into several. Nothing was kept."}}
		return d.showLists(v, http.StatusRequestEntityTooLarge, p)
	}
	if err != nil {
		return err
	}
	name, list, err := d.readList(v, p.Text)
	if err == nil {
		var kept subscriptions.PeopleImport
		if kept, err = d.Lists.Upload(v.Request.Context(), v.By(), name, list); err == nil {
			return v.Go(listPath(kept.ID))
		}
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	p.Faults = faults
	return d.showLists(v, http.StatusUnprocessableEntity, p)
}

func (d *Desk) readList(v *Visit, text string) (name string, list []byte, err error) {
	file := uploaded(v.Request.MultipartForm)
	if file == nil {
		if strings.TrimSpace(text) == "" {
			return "", nil, &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: "there is no list", Hint: "Choose a file, or paste the addresses."}
		}
		return "pasted text", d.Lists.Reader.Pasted(text), nil
	}
	name = cmp.Or(file.Filename[strings.LastIndexAny(file.Filename, `/\`)+1:], "file")
	if name, err = subscriptions.CleanName("file", name); err != nil {
		name = "file"
	}
	f, err := file.Open()
	if err != nil {
		return name, nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	list, err = io.ReadAll(io.LimitReader(f, subscriptions.MaxListBytes+1))
	return name, list, err
}

func listPath(id int64) string { return listsPath + "/" + strconv.FormatInt(id, 10) }

// ListPage is a list on its way in: what its columns are, what would come of it,
// and what did.
type ListPage struct {
	Frame
	List   subscriptions.PeopleImport
	Head   subscriptions.ListHead // zero once the list itself is not kept
	Topics []TopicChoice
	Lines  []subscriptions.ListLine
	Cut    bool // there are more lines
	Form   ListForm
	Note   string
	Faults page.Faults
}

// ListForm is what an admin says about a list, as it was sent.
type ListForm struct {
	Columns                   []string // what each holds, by column
	Basis                     string   // "agreed", "ask" or nothing
	Source, GivenOn, Evidence string
}

// ColumnChoice is something a column may hold.
type ColumnChoice struct{ Value, Words string }

// Choices are what a column may hold.
func (p *ListPage) Choices() []ColumnChoice {
	return []ColumnChoice{{"", "nothing we take"}, {"email", "the address"}, {"name", "the whole name"}, {"first", "first name"}, {"last", "last name"},
		{"organisation", "organisation"}, {"topics", "topics"}}
}

// Column is a column with its first cells.
type Column struct {
	No    int // from 0
	Name  string
	Holds string
	Cells []string
}

// Columns are those of the list, to say what each holds.
func (p *ListPage) Columns() []Column {
	columns := make([]Column, len(p.Head.Headings))
	for i, name := range p.Head.Headings {
		columns[i] = Column{No: i, Name: cmp.Or(name, fmt.Sprintf("Column %d", i+1))}
		if i < len(p.Form.Columns) {
			columns[i].Holds = p.Form.Columns[i]
		}
		for _, row := range p.Head.Sample {
			cell := ""
			if i < len(row) {
				cell = row[i]
			}
			columns[i].Cells = append(columns[i].Cells, cell)
		}
	}
	return columns
}

// Open reports whether it may still be said what the list is.
func (p *ListPage) Open() bool {
	return p.List.State == subscriptions.ListUploaded || p.List.State == subscriptions.ListChecked
}

// Live reports whether the page changes by itself.
func (p *ListPage) Live() bool { return p.List.State.Working() }

// Comes is how many people would come in, or did.
func (p *ListPage) Comes() int { return p.List.Report.Added + p.List.Report.Extended }

// linesShown bounds the lines of a page; the file has all.
const linesShown = 200

func (d *Desk) list(v *Visit) error { return d.showList(v, http.StatusOK, &ListPage{}, nil) }

// showList shows a list with the form as it is, or as it was sent.
func (d *Desk) showList(v *Visit, status int, p *ListPage, sent url.Values) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	if p.List, err = d.Lists.Store.FindPeopleImport(ctx, id); err != nil {
		return err
	}
	p.Frame = Frame{Title: p.List.Name, Section: "/desk/people"}
	if p.Open() && p.List.Size > 0 {
		if p.Head, err = d.Lists.Sample(ctx, id); err != nil {
			return err
		}
		if p.Topics, err = d.topicChoices(v, nil); err != nil {
			return err
		}
		p.fill(sent)
	}
	if p.Lines, err = d.Lists.Store.ListLines(ctx, id, 0, linesShown+1); err != nil {
		return err
	}
	if p.Cut = len(p.Lines) > linesShown; p.Cut {
		p.Lines = p.Lines[:linesShown]
	}
	return d.show(v, status, "desk/people-import", p)
}

// fill puts into the form what was sent, or what is known.
func (p *ListPage) fill(sent url.Values) {
	chosen := map[string]bool{}
	p.Form.Columns = make([]string, len(p.Head.Headings))
	if sent != nil {
		for i := range p.Form.Columns {
			p.Form.Columns[i] = sent.Get("column" + strconv.Itoa(i))
		}
		p.Form.Basis, p.Form.Source, p.Form.GivenOn, p.Form.Evidence = sent.Get("basis"), sent.Get("source"), sent.Get("given_on"), sent.Get("evidence")
		for _, slug := range sent["topics"] {
			chosen[slug] = true
		}
	} else {
		c := p.List.Columns
		for name, at := range map[string]int{"email": c.Email, "name": c.Name, "first": c.First, "last": c.Last, "organisation": c.Organisation, "topics": c.Topics} {
			if at >= 0 && at < len(p.Form.Columns) {
				p.Form.Columns[at] = name
			}
		}
		if p.List.State == subscriptions.ListChecked {
			p.Form.Basis = "ask"
			if p.List.Confirmed {
				p.Form.Basis = "agreed"
			}
		}
		p.Form.Source, p.Form.Evidence = p.List.Source, p.List.Evidence
		if !p.List.GivenOn.IsZero() {
			p.Form.GivenOn = p.List.GivenOn.String()
		}
		for _, slug := range p.List.Topics {
			chosen[slug] = true
		}
	}
	for i := range p.Topics {
		p.Topics[i].Also = chosen[p.Topics[i].Slug]
	}
}

// checkList takes what was said about a list and rehearses it.
func (d *Desk) checkList(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	at := map[string]int{"email": -1, "name": -1, "first": -1, "last": -1, "organisation": -1, "topics": -1}
	e := subscriptions.PeopleImportEdit{Topics: sent["topics"], Source: sent.Get("source"), GivenOn: sent.Get("given_on"), Evidence: sent.Get("evidence")}
	twice := false
	for key, values := range sent {
		n, isColumn := strings.CutPrefix(key, "column")
		i, err := strconv.Atoi(n)
		if !isColumn || err != nil || values[0] == "" {
			continue
		}
		held, known := at[values[0]]
		twice = twice || known && held >= 0
		at[values[0]] = i
	}
	e.Columns = subscriptions.ListColumns{Email: at["email"], Name: at["name"], First: at["first"], Last: at["last"], Organisation: at["organisation"], Topics: at["topics"]}
	switch sent.Get("basis") {
	case "agreed":
		e.Confirmed = new(true)
	case "ask":
		e.Confirmed = new(false)
	}
	if twice {
		err = &subscriptions.Error{Code: subscriptions.Invalid, Field: "columns", Message: "two columns are said to hold the same", Hint: "Choose what each column holds once."}
	} else {
		err = d.Lists.Check(v.Request.Context(), id, e)
	}
	if faults, ok := page.FaultsOf(err); err != nil && ok {
		return d.showList(v, http.StatusUnprocessableEntity, &ListPage{Faults: faults.InOrder("columns", "topics", "confirmed", "source", "given_on", "evidence")}, sent)
	}
	if err != nil {
		return err
	}
	return v.Go(listPath(id))
}

func (d *Desk) takeList(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	if err := d.Lists.Take(v.Request.Context(), v.By(), id); err != nil {
		return err
	}
	return v.Go(listPath(id))
}

func (d *Desk) withdrawList(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	err = d.Lists.Withdraw(v.Request.Context(), v.By(), id, sent.Get("note"))
	if faults, ok := page.FaultsOf(err); err != nil && ok {
		return d.showList(v, http.StatusUnprocessableEntity, &ListPage{Faults: faults, Note: sent.Get("note")}, nil)
	}
	if err != nil {
		return err
	}
	return v.Go(listPath(id))
}

func (d *Desk) dropList(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	if err := d.Lists.Drop(v.Request.Context(), v.By(), id); err != nil {
		return err
	}
	v.Say("The list is gone. Nobody came in by it.")
	return v.Go(listsPath)
}

// listLines hands out every line that did not simply come in.
func (d *Desk) listLines(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	if _, err := d.Lists.Store.FindPeopleImport(ctx, id); err != nil {
		return err
	}
	v.Header("Content-Type", "text/csv; charset=utf-8")
	v.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="list-%d.csv"`, id))
	w := csv.NewWriter(v.Writer)
	_ = w.Write([]string{"line", "outcome", "why"}) // Flush tells
	for after := int64(0); ; {
		lines, err := d.Lists.Store.ListLines(ctx, id, after, 1000)
		if err != nil {
			return d.halfWay(v, err)
		}
		for _, l := range lines {
			after = l.ID
			_ = w.Write([]string{strconv.Itoa(l.Line), l.Outcome.Words(), Cell(l.Why)})
		}
		if len(lines) < 1000 {
			w.Flush()
			return nil
		}
	}
}

// listFile hands out the list as it came. It is text, whatever it holds; and a POST,
// because handing it out is written down.
func (d *Desk) listFile(v *Visit) error {
	id, err := number(v, "id")
	if err != nil {
		return err
	}
	list, err := d.Lists.Download(v.Request.Context(), v.By(), id)
	if err != nil {
		return err
	}
	v.Header("X-Content-Type-Options", "nosniff")
	v.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="list-%d-as-it-came.csv"`, id))
	v.Data(http.StatusOK, "text/csv", list)
	return nil
}
