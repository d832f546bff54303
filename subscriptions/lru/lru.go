// Package lru keeps values that are dear to make and never change for their key: a
// variant's body, a frozen edition.
package lru

import (
	"container/list"
	"sync"
)

// Cache keeps the values used last, at most max of them. A value is built once,
// also when several goroutines ask for it at the same time: the others wait. A
// value that could not be built is not kept. Who gets a value shares it and must
// not change it.
type Cache[K comparable, V any] struct {
	max int

	mu      sync.Mutex
	entries map[K]*list.Element // of *entry[K, V]
	recent  *list.List          // front: used last
}

type entry[K comparable, V any] struct {
	key   K
	once  sync.Once
	value V
	err   error
}

// New makes a cache of at most max values.
func New[K comparable, V any](max int) *Cache[K, V] {
	return &Cache[K, V]{max: max, entries: map[K]*list.Element{}, recent: list.New()}
}

// Get gives the value of the key, made by build if it is not there.
func (c *Cache[K, V]) Get(key K, build func() (V, error)) (V, error) {
	c.mu.Lock()
	at, ok := c.entries[key]
	if ok {
		c.recent.MoveToFront(at)
	} else {
		at = c.recent.PushFront(&entry[K, V]{key: key})
		c.entries[key] = at
		if c.recent.Len() > c.max {
			c.drop(c.recent.Back())
		}
	}
	e := at.Value.(*entry[K, V])
	c.mu.Unlock()

	e.once.Do(func() {
		if e.value, e.err = build(); e.err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.entries[key] == at {
				c.drop(at)
			}
		}
	})
	return e.value, e.err
}

// drop is called with the lock held. Whoever waits for the entry still gets it.
func (c *Cache[K, V]) drop(at *list.Element) {
	c.recent.Remove(at)
	delete(c.entries, at.Value.(*entry[K, V]).key)
}

// Len is how many values are kept.
func (c *Cache[K, V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recent.Len()
}
