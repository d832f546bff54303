package page

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// CheckTemplates fills the pages of the files with made-up data: each as full as it
// can be, the same with every yes a no, and as empty as it can be. pages has the zero
// value of each page's struct. It tells the first fault in one sentence.
func CheckTemplates(files fs.FS, pages map[string]any) error {
	now := time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC)
	identity := subscriptions.StandardIdentity()
	for _, logo := range []string{strings.Repeat("0", 32) + ".png", ""} {
		identity.Logo = subscriptions.Logo{Name: logo, Width: 160, Height: 40}
		identity.LogoDark = identity.Logo
		r, err := New(Options{Identity: identity, Templates: files, Asset: func(name string) string { return "/static/0/" + name },
			Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Demo: logo != "", Inbox: logo != ""})
		if err != nil {
			return err
		}
		for _, name := range r.Names() {
			zero, ok := pages[name]
			if !ok {
				continue // not for others to override
			}
			for _, data := range Samples(zero, now) {
				var b bytes.Buffer
				if err := r.now().web.Execute(&b, name, data); err != nil {
					return err
				}
				if i := strings.Index(b.String(), "ZgotmplZ"); i >= 0 {
					return fmt.Errorf("the template web/%s.html puts text where only a number, a colour or an address of a page can stand", name)
				}
			}
		}
	}
	return nil
}

// Samples fills a struct with made-up data: whole, whole with every yes a no, and
// not at all.
func Samples(zero any, now time.Time) []any {
	made := func(yes bool) any {
		v := reflect.New(reflect.TypeOf(zero)).Elem()
		filler{yes, now}.fill(v, 0)
		return v.Interface()
	}
	return []any{made(true), made(false), reflect.New(reflect.TypeOf(zero)).Elem().Interface()}
}

// filler puts something into every field that can be set.
type filler struct {
	yes bool
	now time.Time
}

// deep is more than any page nests; what refers to itself ends there.
const deep = 7

func (f filler) fill(v reflect.Value, depth int) {
	if !v.CanSet() || depth > deep {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(f.now.Add(time.Hour)))
		return
	case time.Duration:
		v.SetInt(int64(time.Minute))
		return
	case subscriptions.WebinarState:
		v.Set(reflect.ValueOf(subscriptions.WebinarAnnounced)) // to come: it has most to say
		return
	case subscriptions.Date:
		v.Set(reflect.ValueOf(subscriptions.DateOf(f.now)))
		return
	}
	switch v.Kind() { //nolint:exhaustive // what is not here stays as it is
	case reflect.String:
		v.SetString("sample")
	case reflect.Bool:
		v.SetBool(f.yes)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(3)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(3)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), depth+1)
		}
	case reflect.Pointer:
		if depth < deep {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if depth < deep {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			f.fill(v.Index(0), depth+1)
			f.fill(v.Index(1), depth+1)
		}
	}
}
