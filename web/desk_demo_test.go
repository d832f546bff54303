package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

func TestOnlyTheDemoIsOpen(t *testing.T) {
	t.Parallel()
	closed := newSite(t)
	closed.as(subscriptions.RoleAdmin)
	closed.post("/desk/demo", url.Values{"role": {"admin"}}).want(t, http.StatusNotFound)
	if got := closed.get("/desk/sign-in"); strings.Contains(got.body, "The demo is open") {
		t.Error("a desk that is no demo offers to let everybody in")
	}

	open := newSite(t, func(o *web.Options) { o.Demo = true })
	open.as(subscriptions.RolePublisher)
	open.get("/desk/sign-in").want(t, http.StatusOK, "The demo is open", "As publisher")
	open.post("/desk/demo", url.Values{"role": {"admin"}}).want(t, http.StatusNotFound)
	a := open.post("/desk/demo", url.Values{"role": {"publisher"}})
	a.want(t, http.StatusSeeOther)
	cookie, _, _ := strings.Cut(a.Header.Get("Set-Cookie"), ";")
	(&atDesk{s: open, cookie: cookie}).get("/desk").want(t, http.StatusOK, "Today")
}
