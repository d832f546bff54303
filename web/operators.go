package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/web/ops"
)

// operators adds what those who run the service ask for.
func (r router) operators(o *ops.Ops) {
	r.watch("/healthz", o.Health)
	r.watch("/readyz", o.Ready)
	r.watch("/metrics", figures(o, r.notFound))
}

// watch answers GET and HEAD.
func (r router) watch(path string, h gin.HandlerFunc) {
	r.gin.GET(path, h)
	r.gin.HEAD(path, h)
}

// figures gives them to who may have them; to others there is no such page.
func figures(o *ops.Ops, notFound gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !o.Allowed(c) {
			notFound(c)
			return
		}
		o.Metrics(c)
	}
}

// Operators is the site of those who run the service, for an address of its own:
// /metrics, /healthz and /readyz, and nothing else. So a worker without a site is
// watched as well, and a site whose proxy lets everybody in need not show its
// figures there.
func Operators(o *ops.Ops, trustedProxies []string, log *slog.Logger, now func() time.Time) (http.Handler, error) {
	engine, err := newEngine(trustedProxies)
	if err != nil {
		return nil, err
	}
	engine.Use(requests(log, now))
	r := router{gin: engine}
	// The same words whether there is no such page or not for you.
	notFound := func(c *gin.Context) { c.String(http.StatusNotFound, "no such page\n") }
	r.watch("/healthz", o.Health)
	r.watch("/readyz", o.Ready)
	r.watch("/metrics", figures(o, notFound))
	engine.NoRoute(notFound)
	return engine, nil
}
