//go:build ignore

// gen writes divisions.txt, the gazetteer of Province, from the tables divisions.csv and divisions-former.csv:
//
//	go run gen.go DIRECTORY > divisions.txt
//
// One line per province-level division, in the order of the table: its short name, a colon, its full name, a bar,
// its prefecture-level divisions with commas between them, a bar, its county-level ones, present ones first.
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
		log.Fatal("usage: go run gen.go DIRECTORY > divisions.txt")
	}
	var order []string                     // province codes
	names := make(map[string]string)       // province code → name
	places := make(map[string][2][]string) // province code → cities, counties
	add := func(code string, level int, name string) {
		key := code[:2] + "0000"
		p := places[key]
		if !slices.Contains(p[level], name) {
			p[level] = append(p[level], name)
		}
		places[key] = p
	}
	for _, row := range read(os.Args[1], "divisions.csv") {
		code, name, level := row[0], row[1], row[2]
		switch level {
		case "province":
			order = append(order, code)
			names[code] = name
		case "city":
			add(code, 0, name)
		case "county":
			add(code, 1, name)
		default:
			log.Fatalf("%s %s: level %q", code, name, level)
		}
	}
	for _, row := range read(os.Args[1], "divisions-former.csv") {
		add(row[2][:6], 1, row[1])
	}
	for _, code := range order {
		p := places[code]
		fmt.Printf("%s:%s|%s|%s\n", short(names[code]), names[code], strings.Join(p[0], ","), strings.Join(p[1], ","))
	}
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
