// Command reduce makes caniemail.json of the data that the npm package caniemail
// carries: every feature, the clients that people read our letters in, and of each
// the newest version; beside it what all clients in all versions say, as numbers.
//
//	npm pack caniemail@2.0.2
//	tar xzf caniemail-2.0.2.tgz package/data/caniemail.json package/LICENSE
//	go run reduce.go package/data/caniemail.json > caniemail.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"regexp"
	"slices"
)

// families are those whose clients are kept.
var families = []string{"gmail", "outlook", "apple-mail", "thunderbird", "yahoo"}

// gone are clients that nobody can use any more: Windows Mail ended in 2024.
var gone = []string{"outlook.windows-mail"}

// pair is a member of an object whose order counts: caniemail lists versions by age.
type pair struct {
	name  string
	value json.RawMessage
}

func pairs(raw json.RawMessage) []pair {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		log.Fatal(err)
	}
	var all []pair
	for d.More() {
		name, err := d.Token()
		if err != nil {
			log.Fatal(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			log.Fatal(err)
		}
		all = append(all, pair{name.(string), value})
	}
	return all
}

type feature struct {
	Slug    string            `json:"slug"`
	Title   string            `json:"title"`
	Support map[string]string `json:"support"` // by client: y, a (partly), n, u (unknown), and numbers of notes
	Notes   map[string]string `json:"notes,omitempty"`
	All     [3]int            `json:"all"` // clients × versions: "y" alone, neither, "n" alone
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("use: go run reduce.go caniemail.json")
	}
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var in struct {
		APIVersion string `json:"api_version"`
		Updated    string `json:"last_update_date"`
		Data       []struct {
			Slug, Title string
			Stats       json.RawMessage
			Notes       map[string]string `json:"notes_by_num"`
		}
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		log.Fatal(err)
	}
	note := regexp.MustCompile(`#(\d+)`)
	fmt.Printf("{\"api_version\":%q,\"last_update_date\":%q,\"data\":[\n", in.APIVersion, in.Updated)
	for i, f := range in.Data {
		out := feature{Slug: f.Slug, Title: f.Title, Support: map[string]string{}, Notes: map[string]string{}}
		for _, family := range pairs(f.Stats) {
			for _, platform := range pairs(family.value) {
				client := family.name + "." + platform.name
				newest := ""
				for _, version := range pairs(platform.value) {
					if err := json.Unmarshal(version.value, &newest); err != nil {
						log.Fatal(err)
					}
					switch newest {
					case "y":
						out.All[0]++
					case "n":
						out.All[2]++
					default:
						out.All[1]++
					}
				}
				if slices.Contains(families, family.name) && !slices.Contains(gone, client) {
					out.Support[client] = newest
					for _, n := range note.FindAllStringSubmatch(newest, -1) {
						out.Notes[n[1]] = f.Notes[n[1]]
					}
				}
			}
		}
		line, err := json.Marshal(out)
		if err != nil {
			log.Fatal(err)
		}
		end := ",\n"
		if i == len(in.Data)-1 {
			end = "\n"
		}
		fmt.Printf("%s%s", line, end)
	}
	fmt.Println("]}")
}
