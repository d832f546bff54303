package ops

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/mailer"
)

// readyWithin is how long the database may take to answer that it is there.
const readyWithin = 2 * time.Second

// Health answers while the process runs.
func (*Ops) Health(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.String(http.StatusOK, "ok\n")
}

// Ready answers 200, or 503 with a line for each part that is not ready.
func (o *Ops) Ready(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyWithin)
	defer cancel()
	if faults := o.Unready(ctx); len(faults) > 0 {
		c.String(http.StatusServiceUnavailable, "not ready\n%s\n", strings.Join(faults, "\n"))
		return
	}
	c.String(http.StatusOK, "ready\n")
}

// Unready says in words what is not ready, a line a part, and what to do. Nothing
// in it is secret: anybody may ask. Causes, which may name hosts and addresses,
// go to the log.
func (o *Ops) Unready(ctx context.Context) (faults []string) {
	has, knows, err := o.Schema(ctx)
	switch {
	case err != nil:
		faults = append(faults, "database: it does not answer; the log says why")
	case has < knows:
		faults = append(faults, fmt.Sprintf("schema: the database has version %d, older than the %d of this program; run tidings migrate", has, knows))
	case has > knows:
		faults = append(faults, fmt.Sprintf("schema: the database has version %d, newer than the %d that this program knows; run the newer tidings", has, knows))
	}
	if o.Unreachable != nil {
		if err == nil {
			var ids []string
			if ids, err = mailer.Alive(ctx, o.Store, o.Now()); err != nil || len(ids) == 0 {
				faults = append(faults, "worker: it gives no sign of life; no mail leaves")
			}
		}
		if o.Unreachable() != "" {
			faults = append(faults, "mail server: it cannot be reached; the log says why")
		}
	}
	if err != nil {
		o.Log.WarnContext(ctx, "not ready", "error", err)
	}
	return faults
}
