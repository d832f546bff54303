package web

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
)

// houseOf tells the settings in force. While the database does not answer it is
// those of before, which the log says.
func houseOf(s *subscriptions.SettingsService, log *slog.Logger) func(ctx context.Context) subscriptions.House {
	if s == nil {
		return nil
	}
	return func(ctx context.Context) subscriptions.House {
		h, err := s.Current(ctx)
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "the settings cannot be read; those of before stay in force", "version", h.Version, "error", err)
		}
		return h
	}
}

// look serves the colours and the logo of the house. Both are named by what they
// are and may be kept for ever; letters of years ago link to the logo.
func (r router) look(pictures subscriptions.SettingsStore) {
	const forever = "public, max-age=31536000, immutable"
	r.get(page.StylePrefix+"*path", func(c *gin.Context) error {
		sheet, ok := page.StyleAt(c.Request.URL.Path)
		if !ok {
			r.notFound(c)
			return nil
		}
		c.Header("Cache-Control", forever)
		c.Data(http.StatusOK, "text/css; charset=utf-8", []byte(sheet))
		return nil
	})
	r.get(page.PicturePath(":name"), func(c *gin.Context) error {
		name := c.Param("name")
		if !subscriptions.PictureName(name) {
			r.notFound(c)
			return nil
		}
		p, err := pictures.FindPicture(c.Request.Context(), name)
		if err != nil {
			return err
		}
		h := c.Writer.Header()
		h.Set("Cache-Control", forever)
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // mail on the web shows it within its own pages
		h.Set("Content-Length", strconv.Itoa(len(p.Data)))
		c.Data(http.StatusOK, p.Kind, p.Data)
		return nil
	})
}

// refresh takes up the settings in force, before a page is made.
func (r router) refresh(c *gin.Context) { r.pages.Refresh(c.Request.Context()) }

// CheckTemplates fills every page that readers see with sample data.
func CheckTemplates(files fs.FS) error { return page.CheckTemplates(files, public.Pages()) }

// homeAs shows the home page as the house would be.
func homeAs(site *public.Site) func(c *gin.Context, h subscriptions.House, pictures []subscriptions.Picture) error {
	return func(c *gin.Context, h subscriptions.House, pictures []subscriptions.Picture) error {
		as := *site
		var err error
		if as.Pages, err = site.Pages.With(h, pictures); err != nil {
			return err
		}
		return as.Home(c)
	}
}
