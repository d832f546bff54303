package compose

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"strings"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// CheckTemplates composes every mail there is with sample data by the templates of
// the files, whole mails and those that say little, and holds them to what no
// template may lose: the links by which a person confirms, changes and leaves, the
// postal address, and no script or form. (The headers by which mail programs
// unsubscribe come from no template.) It tells the first fault in one sentence.
func CheckTemplates(files fs.FS) error {
	keys, err := sampleKeys()
	if err != nil {
		return err
	}
	now := time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC)
	identity := subscriptions.StandardIdentity()
	identity.BaseURL = "https://tidings.example.org"
	identity.Logo = subscriptions.Logo{Name: strings.Repeat("0", 32) + ".png", Width: 160, Height: 40}
	identity.LogoDark, identity.LogoAlt = identity.Logo, "The logo"
	identity.Texts = map[string]string{"text.digest.signoff": "Yours", "text.mail.footer": "The footer"}
	for _, s := range samples(now) {
		c, err := s.composer(keys, identity, files)
		if err != nil {
			return err
		}
		for _, mail := range s.mails(now) {
			m, err := c.Compose(context.Background(), mail.delivery, mail.reader)
			if err != nil {
				return innermost(err)
			}
			if err := mail.holds(m, identity); err != nil {
				return err
			}
		}
		identity.Logo, identity.LogoDark, identity.Texts = subscriptions.Logo{}, subscriptions.Logo{}, nil
	}
	return nil
}

// innermost takes off what says which delivery it was: it was none.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil || !strings.HasPrefix(err.Error(), "compose ") {
			return err
		}
		err = next
	}
}

// sampleMail is a mail with the pages it must lead to.
type sampleMail struct {
	name     string // no other of the case has it
	delivery subscriptions.Delivery
	reader   subscriptions.Recipient
	pages    []string
}

func (s sampleMail) holds(m *mailer.Message, id subscriptions.Identity) error {
	text, page := m.Render()
	for _, part := range []struct{ end, body string }{{".html", html.UnescapeString(page)}, {".txt", text}} {
		file := "the template email/" + string(s.delivery.Kind) + part.end
		if s.delivery.Kind == subscriptions.KindTest || s.delivery.Kind == subscriptions.KindWelcome && s.delivery.VariantID != 0 {
			file = "the template email/digest" + part.end
		}
		if strings.HasPrefix(string(s.delivery.Kind), "webinar-") {
			file = "the template email/webinar" + part.end
		}
		for _, p := range s.pages {
			if !strings.Contains(part.body, id.URL("/"+p+"/")) {
				return fmt.Errorf("%s lost the link to /%s, which people need", file, p)
			}
		}
		if !strings.Contains(strings.Join(strings.Fields(part.body), " "), id.Postal) {
			return fmt.Errorf("%s lost the postal address", file)
		}
	}
	for _, tag := range []string{"<script", "<form", "<iframe", "<link"} {
		if strings.Contains(strings.ToLower(page), tag) {
			return fmt.Errorf("the template email/%s.html holds %s>, which mail programs take out or warn of", s.delivery.Kind, tag)
		}
	}
	return nil
}
