package understand

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Province is the provinces (short names: 四川, 内蒙古, 香港 …) a message can mean, in the order of the official table;
// nil when it names none or is about abroad (海外, 国外).
//
// Places are read from left to right, the longest name first. A province that is named counts before cities, a city
// before counties; counties narrow what a city leaves open. Names of roads, streets, villages and buildings
// (北京路, 和平镇) are no places, and a short county name (昆山) counts only where it stands apart.
func Province(s string) []string {
	text := Normalize(s)
	g := places()
	var found [levelProvince + 1]uint64 // by level; counties: those that agree so far
	beforeEnd := 0                      // where the place before ended
	for at := 0; at < len(text); {
		p, ok := g.at(text, at, beforeEnd)
		if !ok {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		end := at + len(p.name)
		switch {
		case isLesser(text[end:]) || isDenied(text[:at]):
		case p.level == levelCounty && found[levelCounty]&p.provinces != 0:
			found[levelCounty] &= p.provinces
		default:
			found[p.level] |= p.provinces
		}
		at, beforeEnd = end, end
	}
	mask := found[levelProvince]
	switch {
	case mask != 0:
	case isAbroad(text):
	case found[levelCity] != 0:
		mask = found[levelCity]
		if both := mask & found[levelCounty]; both != 0 {
			mask = both
		}
	default:
		mask = found[levelCounty]
	}
	if mask == 0 {
		return nil
	}
	list := make([]string, 0, bits.OnesCount64(mask))
	for ; mask != 0; mask &= mask - 1 {
		list = append(list, g.short[bits.TrailingZeros64(mask)])
	}
	return list
}

// at is the longest place name that begins at a position; beforeEnd is where the place before it ended, 0 if none.
func (g *gazetteer) at(text string, at, beforeEnd int) (place, bool) {
	first, size := utf8.DecodeRuneInString(text[at:])
	second, _ := utf8.DecodeRuneInString(text[at+size:])
	for _, p := range g.begin[[2]rune{first, second}] {
		if !strings.HasPrefix(text[at:], p.name) {
			continue
		}
		if p.shy && !(beforeEnd > 0 && beforeEnd == at || endsApart(text[:at])) {
			continue
		}
		if p.shy && !beginsApart(text[at+len(p.name):]) {
			continue
		}
		return p, true
	}
	return place{}, false
}

var (
	// What may stand right before a short name, and right after it.
	beforeShy = []string{"在", "去", "到", "是", "回", "来", "于", "往", "老家", "省", "市", "州", "的"}
	afterShy  = []string{
		"工作", "上班", "就业", "读书", "上学", "读研", "那边", "这边", "附近", "当地", "老家", "人", "吧", "的", "市", "县", "区", "这", "那",
		"高新", "经开", "经济", "开发区", "工业", "呢", "啊", "了", "和", "或", "、",
	}

	// What makes the name before it that of something smaller than a division.
	lesser = []string{"路", "街", "大道", "大路", "桥路", "巷", "胡同", "弄", "镇", "乡", "村", "社区", "小区", "大厦", "花园"}
)

func endsApart(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || !isHan(r) || hasOne(before, beforeShy, strings.HasSuffix)
}

func beginsApart(after string) bool {
	r, _ := utf8.DecodeRuneInString(after)
	return after == "" || !isHan(r) || hasOne(after, afterShy, strings.HasPrefix)
}

// isLesser reports that the name before after is part of another one: 北京东路, 南京路, 和平镇. 路桥 is a trade and a place.
func isLesser(after string) bool {
	for range 2 {
		if hasOne(after, lesser, strings.HasPrefix) {
			return !strings.HasPrefix(after, "路桥")
		}
		rest := after
		for _, way := range []string{"东", "西", "南", "北", "中", "一", "二", "三", "四", "五", "新", "老"} {
			if cut, ok := strings.CutPrefix(after, way); ok {
				rest = cut
				break
			}
		}
		after = rest
	}
	return hasOne(after, []string{"路", "街"}, strings.HasPrefix)
}

// isDenied reports that the writer says where it is not.
func isDenied(before string) bool {
	return hasOne(before, []string{"不是", "不在", "不去", "不回", "没在", "并非", "离开"}, strings.HasSuffix)
}

func isAbroad(text string) bool {
	return hasOne(text, []string{
		"海外", "国外", "境外", "美国", "英国", "日本", "韩国", "法国", "德国", "加拿大", "澳大利亚", "新加坡", "俄罗斯",
	}, strings.Contains)
}

func hasOne(s string, words []string, in func(s, word string) bool) bool {
	for _, w := range words {
		if in(s, w) {
			return true
		}
	}
	return false
}
