package credentials

// Hold takes a place until it is given back.
func (p *Passwords) Hold() (release func()) {
	p.places <- struct{}{}
	return func() { <-p.places }
}
