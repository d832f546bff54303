package ops

import (
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics answers in the format of Prometheus. Who may ask is for the caller to
// check with Allowed.
func (o *Ops) Metrics(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	all, err := o.Gatherer(c.Request.Context())
	if err != nil {
		o.Log.ErrorContext(c.Request.Context(), "figures could not be put together", "error", err)
		c.String(http.StatusInternalServerError, "the figures could not be put together; the log says why\n")
		return
	}
	promhttp.HandlerFor(all, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}).ServeHTTP(c.Writer, c.Request)
}

// forwards are the headers by which a proxy says that somebody else is asking.
var forwards = []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"}

// Allowed reports whether who asks may see the figures: this machine, or one in
// the networks that are allowed.
//
// A request that a proxy has passed on counts as the client's only if the proxy
// is trusted to name that client. One by a proxy that is not would look like the
// proxy's own, which often stands on this machine: so it is refused.
func (o *Ops) Allowed(c *gin.Context) bool {
	client, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return false
	}
	if c.ClientIP() == c.RemoteIP() {
		for _, h := range forwards {
			if c.GetHeader(h) != "" {
				return false
			}
		}
	}
	if client.IsLoopback() {
		return true
	}
	for _, network := range o.Allow {
		if network.Contains(client) {
			return true
		}
	}
	return false
}
