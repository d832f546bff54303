package subscriptions

import "slices"

// weave puts a hand-made order and a natural one together: the placed come in
// the order they were given, each of the others directly before the one that
// naturally follows it, so that what comes in later finds its natural place.
// Of the placed, those that are not in natural are dropped.
func weave(natural, placed []int64) []int64 {
	there := make(map[int64]bool, len(natural))
	for _, id := range natural {
		there[id] = true
	}
	set := map[int64]bool{}
	var woven []int64
	for _, id := range placed {
		if there[id] && !set[id] {
			set[id] = true
			woven = append(woven, id)
		}
	}
	// From the end, so that the one that follows is always there already.
	for n := len(natural) - 1; n >= 0; n-- {
		if set[natural[n]] {
			continue
		}
		at := len(woven)
		if n+1 < len(natural) {
			at = slices.Index(woven, natural[n+1])
		}
		woven = slices.Insert(woven, at, natural[n])
	}
	return woven
}
