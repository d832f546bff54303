package subscriptions

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/jpeg" // what a picture may be
	_ "image/png"
	"regexp"
	"strconv"
	"strings"
)

// Picture is an image as it is served: named by its content, so that a letter of
// years ago still shows the one it was sent with. None is ever changed.
type Picture struct {
	Name          string // 32 hexadecimal digits and the ending: 3f2a….png
	Kind          string // media type
	Width, Height int    // in its own pixels
	Data          []byte
}

// Bounds of a picture. What is read is bounded again where it arrives.
const (
	MaxPicture      = 200 << 10
	maxPictureWidth = 2000
	maxPictureTall  = 1000
)

// NewPicture takes what was sent for what it is, whatever it is called: the first
// bytes tell the kind, and the size is measured. PNG and JPEG are read to their
// end, so that a broken one is refused here and not in somebody's inbox; of WebP,
// which the standard library does not read, the head is.
func NewPicture(field string, data []byte) (Picture, error) {
	const fits = "A logo is a PNG, JPEG or WebP of at most 200 KB and 2,000 by 1,000 pixels."
	if len(data) > MaxPicture {
		return Picture{}, invalid(field, "the picture has more than 200 KB").hint("%s", fits)
	}
	var p Picture
	var end string
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		p.Kind, end = "image/png", ".png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		p.Kind, end = "image/jpeg", ".jpg"
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		p.Kind, end = "image/webp", ".webp"
	default:
		return Picture{}, invalid(field, "this is no picture that we can show").hint("%s", fits)
	}
	if p.Kind == "image/webp" {
		p.Width, p.Height = webpSize(data)
	} else {
		var head image.Config
		if head, _, err = image.DecodeConfig(bytes.NewReader(data)); err == nil {
			p.Width, p.Height = head.Width, head.Height
		}
	}
	if p.Width > maxPictureWidth || p.Height > maxPictureTall {
		return Picture{}, invalid(field, "the picture has %d by %d pixels", p.Width, p.Height).hint("%s", fits)
	}
	if err == nil && p.Kind != "image/webp" {
		_, _, err = image.Decode(bytes.NewReader(data)) // at most 2,000 by 1,000
	}
	if err != nil || p.Width < 1 || p.Height < 1 {
		return Picture{}, invalid(field, "the picture is damaged").hint("Save it anew, and send it again.")
	}
	sum := sha256.Sum256(data)
	p.Name, p.Data = hex.EncodeToString(sum[:16])+end, data
	return p, nil
}

// webpSize reads the size from the first chunk: lossy (RFC 9649, 2.5), lossless or
// extended. It gives 0 for what is none, or is shorter than it says.
func webpSize(data []byte) (width, height int) {
	if len(data) < 30 || int64(binary.LittleEndian.Uint32(data[4:])) > int64(len(data))-8 {
		return 0, 0
	}
	body := data[20:]
	switch string(data[12:16]) {
	case "VP8 ":
		if string(body[3:6]) != "\x9d\x01\x2a" {
			return 0, 0
		}
		return int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff)
	case "VP8L":
		if body[0] != 0x2f {
			return 0, 0
		}
		bits := binary.LittleEndian.Uint32(body[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
	case "VP8X":
		three := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
		return three(body[4:]) + 1, three(body[7:]) + 1
	}
	return 0, 0
}

// Logo is a picture as a page or a letter shows it.
type Logo struct {
	Name          string // of the Picture; "" for none
	Width, Height int    // as large as it is shown, in CSS pixels
}

// Setting writes the picture as the value of a setting: its name and its size.
func (p Picture) Setting() string { return fmt.Sprintf("%s %dx%d", p.Name, p.Width, p.Height) }

// DataURL holds the picture itself, for what is shown before it is kept.
func (p Picture) DataURL() string {
	return "data:" + p.Kind + ";base64," + base64.StdEncoding.EncodeToString(p.Data)
}

// picture is a value that Setting may have written.
var picture = regexp.MustCompile(`^([0-9a-f]{32}\.(?:png|jpg|webp)) ([1-9]\d{0,3})x([1-9]\d{0,3})$`)

// PictureName reports whether a picture may be called so.
func PictureName(s string) bool { return picture.MatchString(s + " 1x1") }

// A logo in a masthead is as high as two lines of it, and leaves room beside it.
const (
	logoTall = 48
	logoWide = 280
)

// parseLogo reads it, and gives the size in which it is shown: at most 280 by 48,
// and half of its own pixels, so that it is sharp on a fine screen, where it has
// that many.
func parseLogo(value string) (Logo, bool) {
	m := picture.FindStringSubmatch(strings.TrimSpace(value))
	if m == nil {
		return Logo{}, false
	}
	wide, errWide := strconv.Atoi(m[2])
	tall, errTall := strconv.Atoi(m[3])
	if errWide != nil || errTall != nil {
		return Logo{}, false
	}
	part := min(1, float64(logoTall)/float64(tall), float64(logoWide)/float64(wide))
	return Logo{m[1], max(1, int(float64(wide)*part+.5)), max(1, int(float64(tall)*part+.5))}, true
}
