package season

import "slices"

// Application is a written application (书面申请) that a route asks for: the member hands it in as a picture or a document
// in chat, somebody approves or returns it, and those approved stand in a register (登记册).
type Application struct {
	Name    string   `yaml:"name"`    // 书面申请
	Handed  string   `yaml:"handed"`  // event that taking the file records
	Approve string   `yaml:"approve"` // event by which it is approved; whoever may record it is sent the file
	Return  string   `yaml:"return"`  // event by which it is returned, with the reason
	Readers []string `yaml:"readers"` // party keys that may read it and the register
	Facts   []string `yaml:"facts"`   // questions whose answers its readers and the register are shown
}

// ReadBy reports whether a party may read the application.
func (a *Application) ReadBy(party string) bool { return slices.Contains(a.Readers, party) }

// RouteNamed finds a route of a destination by key.
func (s *Season) RouteNamed(destination, route string) (*Route, bool) {
	d, ok := s.Destination(destination)
	if !ok {
		return nil, false
	}
	i := slices.IndexFunc(d.Routes, func(r Route) bool { return r.Key == route })
	if i < 0 {
		return nil, false
	}
	return &d.Routes[i], true
}

// ApplicationOf is the application that a route asks for; nil for none.
func (s *Season) ApplicationOf(destination, route string) *Application {
	if r, ok := s.RouteNamed(destination, route); ok {
		return r.Application
	}
	return nil
}
