package subscriptions

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// The same news comes twice: one editor has it from a mail, another from a feed.
// What two spellings of a link or of a standard's identifier have in common is a
// key, kept in an indexed column, so that a second item is hinted at. It is never
// refused: two items may well rest on one source.

// ItemKeys are what items may share; empty keys are left out.
type ItemKeys struct {
	Standards []string // IdentifierKey
	Links     []string // LinkKey
}

// ItemLike is an item that has one of the keys.
type ItemLike struct {
	ItemID int64
	Title  string
	State  ItemState
	Key    string
	Link   bool // by a source; otherwise by the standard's identifier
}

// Keys gives those of the item.
func (i Item) Keys() ItemKeys {
	var k ItemKeys
	if i.Standard != nil {
		if key := IdentifierKey(i.Standard.Identifier); key != "" {
			k.Standards = append(k.Standards, key)
		}
	}
	for _, s := range i.Sources {
		if key := LinkKey(s.URL); key != "" && !slices.Contains(k.Links, key) {
			k.Links = append(k.Links, key)
		}
	}
	return k
}

// Has reports whether l shares one of the keys.
func (k ItemKeys) Has(l ItemLike) bool {
	if l.Link {
		return slices.Contains(k.Links, l.Key)
	}
	return slices.Contains(k.Standards, l.Key)
}

// IdentifierKey is NormalIdentifier as an index keeps it.
func IdentifierKey(identifier string) string { return boundKey(NormalIdentifier(identifier)) }

// LinkKey is NormalLink as an index keeps it.
func LinkKey(link string) string { return boundKey(NormalLink(link)) }

// maxKey keeps keys within what an index of either database takes.
const maxKey = 200

func boundKey(key string) string {
	if len(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}
