package subscriptions

import (
	"context"
	"net/url"
	"sync"
	"time"
)

// How links are asked for: many servers at a time, and each of them as a polite
// visitor does.
const (
	linksAtOnce   = 16
	linksPerHost  = 2
	linkWithin    = 15 * time.Second // of one
	linksSaidEach = time.Second      // how often the row says how far it is
)

// follow asks for those links whose last answer is not fresh, and gives what is
// known of all of them. What could not be asked in the time there is stays unknown.
func (s *PreflightService) follow(ctx context.Context, links []Link, said func(done int) error) (map[string]LinkAnswer, error) {
	urls := distinct(links)
	known, err := s.Store.LinkAnswers(ctx, urls)
	if err != nil || s.Links == nil {
		return map[string]LinkAnswer{}, err
	}
	answers := map[string]LinkAnswer{}
	var ask []string
	for _, u := range urls {
		if a, ok := known[u]; ok && a.Fresh(s.Now()) {
			answers[u] = a
		} else {
			ask = append(ask, u)
		}
	}
	come := make(chan LinkAnswer)
	go s.askAll(ctx, ask, come)
	lastSaid := s.Now()
	var fresh []LinkAnswer
	for a := range come {
		answers[a.URL] = a
		fresh = append(fresh, a)
		if now := s.Now(); now.Sub(lastSaid) >= linksSaidEach {
			lastSaid = now
			if e := said(len(answers)); e != nil && err == nil {
				err = e
			}
		}
	}
	if err != nil {
		return answers, err
	}
	if err := s.Store.PutLinkAnswers(context.WithoutCancel(ctx), fresh...); err != nil {
		return answers, err
	}
	if _, err := s.Store.DropLinkAnswers(ctx, s.Now().Add(-keepLinkState), 1000); err != nil {
		return answers, err
	}
	return answers, said(len(answers))
}

// askAll asks for each, host by host, and closes the channel when all have answered.
func (s *PreflightService) askAll(ctx context.Context, urls []string, come chan<- LinkAnswer) {
	defer close(come)
	byHost := map[string][]string{}
	var hosts []string
	for _, raw := range urls {
		host := raw
		if u, err := url.Parse(raw); err == nil {
			host = u.Host
		}
		if byHost[host] == nil {
			hosts = append(hosts, host)
		}
		byHost[host] = append(byHost[host], raw)
	}
	room := make(chan struct{}, linksAtOnce)
	var asking sync.WaitGroup
	for _, host := range hosts {
		queue := make(chan string, len(byHost[host]))
		for _, u := range byHost[host] {
			queue <- u
		}
		close(queue)
		for range min(linksPerHost, len(byHost[host])) {
			asking.Go(func() {
				for u := range queue {
					room <- struct{}{}
					come <- s.askOne(ctx, u)
					<-room
				}
			})
		}
	}
	asking.Wait()
}

func (s *PreflightService) askOne(ctx context.Context, u string) LinkAnswer {
	ctx, end := context.WithTimeout(ctx, linkWithin)
	defer end()
	a := s.Links.CheckLink(ctx, u)
	a.URL, a.CheckedAt = u, s.Now()
	return a
}
