package page

import "time"

// Clock is the hour of what came today, and the day of what came before, in the
// site's zone.
func (r *Renderer) Clock(t time.Time) string { return r.now().clock(t) }
