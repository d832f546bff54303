package calendar_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/subscriptions/calendar"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Our calendars are read by three parsers that share no line with what writes them:
// icalendar and vobject of Python, which check them as well, and ical.js, that of
// Thunderbird. They are to find the same instants as we.

// reading is what a parser finds in an event, moments in UTC.
type reading struct {
	UID, Starts, Ends string
	Sequence          int
	Attendees         int
}

func expected(c calendar.Calendar) []reading {
	all := []reading{}
	for _, e := range c.Events {
		const moment, day = "2006-01-02T15:04:05Z", "2006-01-02"
		r := reading{UID: e.UID, Sequence: e.Sequence, Starts: e.Starts.UTC().Format(moment), Ends: e.Ends.UTC().Format(moment)}
		if e.AllDay {
			r.Starts, r.Ends = e.Starts.Format(day), e.Starts.AddDate(0, 0, 1).Format(day)
		}
		if c.Method != calendar.Publish {
			r.Attendees = 1
		}
		all = append(all, r)
	}
	return all
}

const icalendarScript = `
import json, sys, datetime, icalendar
def utc(v):
    v = v.dt
    if isinstance(v, datetime.datetime):
        return v.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return v.isoformat()
out = {}
for name, text in json.load(sys.stdin).items():
    cal = icalendar.Calendar.from_ical(text)
    broken = [str(e) for c in cal.walk() for e in getattr(c, "errors", [])]
    assert not broken, name + ": " + "; ".join(broken)
    assert cal.to_ical(), name
    out[name] = []
    for e in cal.walk("VEVENT"):
        a = e.get("ATTENDEE", [])
        out[name].append({"UID": str(e["UID"]), "Starts": utc(e["DTSTART"]), "Ends": utc(e["DTEND"]), "Sequence": int(e["SEQUENCE"]), "Attendees": len(a) if isinstance(a, list) else 1})
json.dump(out, sys.stdout)
`

const vobjectScript = `
import json, sys, datetime, vobject
def utc(v):
    if isinstance(v, datetime.datetime):
        return v.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return v.isoformat()
out = {}
for name, text in json.load(sys.stdin).items():
    cal = vobject.readOne(text)
    if getattr(cal, "vevent_list", []):
        cal.validate(raiseException=True)
    out[name] = []
    for e in getattr(cal, "vevent_list", []):
        out[name].append({"UID": e.uid.value, "Starts": utc(e.dtstart.value), "Ends": utc(e.dtend.value), "Sequence": int(e.sequence.value), "Attendees": len(getattr(e, "attendee_list", []))})
json.dump(out, sys.stdout)
`

func texts(t *testing.T) (map[string]string, map[string][]reading) {
	t.Helper()
	files, want := map[string]string{}, map[string][]reading{}
	for name, c := range cases(t) {
		files[name], want[name] = string(encode(t, c)), expected(c)
	}
	return files, want
}

func TestPythonReadsThem(t *testing.T) {
	t.Parallel()
	files, want := texts(t)
	for module, script := range map[string]string{"icalendar": icalendarScript, "vobject": vobjectScript} {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			python := storetest.Python(t, "calendar", "Python's "+module+" is not installed; on Debian: apt-get install python3-"+module, module)
			in, err := json.Marshal(files)
			must(t, err)
			c := exec.CommandContext(t.Context(), python, "-c", script)
			c.Stdin = bytes.NewReader(in)
			var complaint bytes.Buffer
			c.Stderr = &complaint
			out, err := c.Output()
			if err != nil {
				t.Fatalf("%s refuses: %v\n%s", module, err, complaint.String())
			}
			var got map[string][]reading
			must(t, json.Unmarshal(out, &got))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s reads something else (-ours +theirs):\n%s", module, diff)
			}
		})
	}
}

// icalJS reads as Thunderbird does: with the VTIMEZONE of the calendar itself.
const icalJS = `
const {default: ICAL} = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
const out = {};
const utc = t => t.isDate ? t.toString() : t.toJSDate().toISOString().replace(".000Z", "Z");
for (const [name, text] of Object.entries(files)) {
	const cal = new ICAL.Component(ICAL.parse(text));
	for (const z of cal.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(z);
	out[name] = cal.getAllSubcomponents("vevent").map(v => {
		const e = new ICAL.Event(v);
		return {UID: e.uid, Starts: utc(e.startDate), Ends: utc(e.endDate), Sequence: e.sequence, Attendees: e.attendees.length};
	});
	ICAL.TimezoneService.reset();
}
return JSON.stringify(out);
`

func TestIcalJSReadsThem(t *testing.T) {
	t.Parallel()
	path := storetest.Browser(t)
	source, err := os.ReadFile("testdata/icaljs/ical.min.js")
	must(t, err)
	files, want := texts(t)
	given, err := json.Marshal(files)
	must(t, err)
	quoted, err := json.Marshal(string(source))
	must(t, err)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	script := "(async () => { const source = " + string(quoted) + ", files = " + string(given) + ";" + icalJS + "})()"
	answer, err := chromedp.Run(tab, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("ical.js refuses: %v", err)
	}
	var got map[string][]reading
	must(t, json.Unmarshal([]byte(answer), &got))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ical.js reads something else (-ours +theirs):\n%s", diff)
	}
}
