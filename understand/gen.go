//go:build ignore

// gen writes what the gazetteers are made of, divisions.txt and schools.txt, from the tables divisions.csv,
// divisions-former.csv, universities.csv and universities-extra.csv:
//
//	go run gen.go DIRECTORY
//
// One line of divisions.txt is a province-level division, in the order of the table:
//
//	short name:full name|city=county,county;city=county|counties under no city
//
// with divisions that were abolished after the present ones of the city that took them over. One line of schools.txt is
// a city with the schools that stand in it, by where they stand and not by the province that lists them:
//
//	short name of the province|city|school,school
package main

import (
	"encoding/csv"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run gen.go DIRECTORY")
	}
	d := divisions(os.Args[1])
	write("divisions.txt", d.lines())
	write("schools.txt", d.schools(os.Args[1]))
}

// table is the divisions as lists in the order of the files.
type table struct {
	order    []string            // province codes
	name     map[string]string   // code → name
	cities   map[string][]string // province code → city codes
	counties map[string][]string // code of a city, or of a province for those under no city → names
}

func divisions(dir string) table {
	d := table{name: make(map[string]string), cities: make(map[string][]string), counties: make(map[string][]string)}
	parent := make(map[string]string)
	for _, row := range read(dir, "divisions.csv") {
		code, name, level := row[0], row[1], row[2]
		d.name[code], parent[code] = name, row[3]
		switch level {
		case "province":
			d.order = append(d.order, code)
		case "city":
			d.cities[row[3]] = append(d.cities[row[3]], code)
		case "county":
			d.counties[row[3]] = append(d.counties[row[3]], name)
		default:
			log.Fatalf("%s %s: level %q", code, name, level)
		}
	}
	for _, row := range read(dir, "divisions-former.csv") {
		of := parent[row[2][:6]]
		if !slices.Contains(d.counties[of], row[1]) {
			d.counties[of] = append(d.counties[of], row[1])
		}
	}
	return d
}

func (d table) lines() []string {
	var lines []string
	for _, code := range d.order {
		var cities []string
		for _, c := range d.cities[code] {
			cities = append(cities, d.name[c]+"="+strings.Join(d.counties[c], ","))
		}
		lines = append(lines, fmt.Sprintf("%s:%s|%s|%s", short(d.name[code]), d.name[code], strings.Join(cities, ";"), strings.Join(d.counties[code], ",")))
	}
	return lines
}

func (d table) schools(dir string) []string {
	stands := make(map[string]string) // city, or county under no city → short name of its province
	known := make(map[string]bool)
	for _, code := range d.order {
		known[short(d.name[code])] = true
		for _, c := range d.cities[code] {
			stands[d.name[c]] = short(d.name[code])
		}
		for _, c := range d.counties[code] {
			stands[c] = short(d.name[code])
		}
		stands[d.name[code]] = short(d.name[code])
	}
	var places []string
	names := make(map[string][]string)
	add := func(name, province, city string) {
		p := short(province)
		if s, ok := stands[city]; ok {
			p = s
		}
		if !known[p] {
			log.Fatalf("%s: province %q", name, province)
		}
		at := p + "|" + city
		if !slices.Contains(places, at) {
			places = append(places, at)
		}
		names[at] = append(names[at], name)
	}
	for _, row := range read(dir, "universities.csv") {
		add(row[1], row[2], row[3])
	}
	for _, row := range read(dir, "universities-extra.csv") {
		add(row[0], row[1], row[2])
	}
	var lines []string
	for _, at := range places {
		lines = append(lines, at+"|"+strings.Join(names[at], ","))
	}
	return lines
}

// short is 四川 of 四川省, 广西 of 广西壮族自治区, 香港 of 香港特别行政区.
func short(name string) string {
	for _, tail := range []string{"省", "市", "特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区"} {
		if s, ok := strings.CutSuffix(name, tail); ok {
			return s
		}
	}
	return name
}

func read(dir, file string) [][]string {
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		log.Fatalf("%s: %v", file, err)
	}
	return rows[1:]
}

func write(file string, lines []string) {
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		log.Fatal(err)
	}
}
