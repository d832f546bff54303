package desk

import (
	"fmt"
	"net/url"
	"strconv"

	"sesec.eu/tidings/web/page"
)

// perPage is how many rows a list of the desk shows.
const perPage = 50

// Pager leads through a list whose filters stand in the address.
type Pager struct {
	Back, On string // addresses; "" where there is no further page
	Words    string // "51 to 100 of 4,981 items"
}

// pageOf reads the page number of a list, from 1.
func pageOf(query url.Values) int {
	n, err := strconv.Atoi(query.Get("page"))
	if err != nil || n < 1 {
		return 1
	}
	const most = 100_000
	return min(n, most)
}

// pager makes the pager of a list of total rows at path, which keeps the query.
func pager(path string, query url.Values, total int, one, many string) Pager {
	n := pageOf(query)
	first, last := (n-1)*perPage+1, min(n*perPage, total)
	var p Pager
	if first <= last {
		p.Words = fmt.Sprintf("%s to %s of %s", page.Number(first), page.Number(last), page.Count(total, one, many))
	}
	if n > 1 {
		p.Back = address(path, query, n-1)
	}
	if last < total {
		p.On = address(path, query, n+1)
	}
	return p
}

func address(path string, query url.Values, n int) string {
	q := url.Values{}
	for name, values := range query {
		q[name] = values
	}
	q.Del("page")
	if n > 1 {
		q.Set("page", strconv.Itoa(n))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
