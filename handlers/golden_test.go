package handlers

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/tools/txtar"

	"xianjie/roster"
	"xianjie/scheduler"
	"xianjie/storage"
)

var update = flag.Bool("update", false, "write what the conversations come to into testdata and docs")

// TestConversations plays the chats in testdata against the real storage and compares every word that leaves.
//
//	# a remark
//	= 2020-06-15 10:00        the clock is set; what was due meanwhile leaves
//	@ 张三                     张三 speaks from here on (a kind may follow: @ 班级群 group)
//	@ 张三 20160001            the same, and the chat is bound to that person before, silently
//	> 你好                     a message; "> " in quotes is read as a Go string (zero-width characters)
//	>> 你好                    a message that is still waiting when the next one comes
//	>@张三 @助手 收到           张三 writes in the group that speaks
//	>file 旧表.xlsx            a document that is nothing we know
//	>image 申请书.jpg          a picture
//	>sheet 张三=已发起/6月15日/原因 李四=已审
//	                          the workbook last received, filled in (登记/日期/说明) and sent back; @G已审 fills in another column
//	>voice                    a message of another kind, text may follow; >self is one from our own phone
//	>long 34000 字             the text so many times
//	! login                   we logged in anew and recognise nobody
//	! plan                    what is due is planned, and leaves
//	! roster 20200001 钱一 机械学院 研1班 2023 某某大学团委
//	                          somebody comes onto the roster: number, name, college, branch, year, former organisation
//	< 你好，张三。               what the speaker receives …
//	|                         … and its further lines
//	<@郑明 有一件事             what somebody else receives
//	* 张三：就业 待发起          a transfer changed
//	* ignored                 no answer, and why
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			played := *txtar.Parse(data)
			for i, f := range played.Files {
				played.Files[i].Data = []byte(play(t, string(f.Data)))
			}
			got := txtar.Format(&played)
			if bytes.Equal(got, data) {
				return
			}
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("the conversation went otherwise (-want +got; -update writes it):\n%s",
				cmp.Diff(strings.Split(string(data), "\n"), strings.Split(string(got), "\n")))
		})
	}
}

// script is one chat being played.
type script struct {
	*school
	out     strings.Builder
	speaker string
	members map[int64]storage.Member
	read    int           // messages accounted for
	book    *storage.File // the workbook last received
}

// play returns the chat as it goes: what is said stays, what came of it is written anew.
func play(t *testing.T, text string) string {
	s := &script{school: newSchool(t)}
	s.members = s.everyone()
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line != "" && strings.ContainsRune("<|*", rune(line[0])) {
			continue
		}
		s.out.WriteString(line + "\n")
		s.step(line)
	}
	return s.out.String()
}

func (s *script) step(line string) {
	s.tb.Helper()
	mark, rest, _ := strings.Cut(line, " ")
	switch {
	case mark == "" || mark == "#":
	case mark == "=":
		at, err := time.ParseInLocation("2006-01-02 15:04", rest, s.season.Zone)
		s.ok(err)
		s.clock.set(at)
		s.report()
	case mark == "@":
		s.speak(rest)
	case line == "! login":
		s.newLogin()
	case line == "! plan":
		p := scheduler.Planner{Store: s.Store, Season: s.season, Now: s.clock.now, Log: slog.New(slog.DiscardHandler)}
		_, err := p.Tick(ctx)
		s.ok(err)
		s.report()
	case strings.HasPrefix(line, "! roster "):
		s.enrol(strings.Fields(line)[2:])
	case mark == ">>":
		s.receive(s.speaker, message{text: rest})
	case mark == ">":
		if strings.HasPrefix(rest, `"`) {
			var err error
			rest, err = strconv.Unquote(rest)
			s.ok(err)
		}
		s.hear(message{text: rest})
	case mark == ">long":
		count, text, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(count)
		s.ok(err)
		s.hear(message{text: strings.Repeat(text, n)})
	case strings.HasPrefix(mark, ">@"):
		s.hear(message{text: rest, by: mark[1:]})
	case mark == ">sheet":
		s.hear(message{kind: storage.FileDocument, file: s.filled(rest)})
	case mark == ">file", mark == ">image":
		s.hear(message{kind: mark[1:], file: &storage.File{Kind: mark[1:], Name: rest, Content: []byte("content of " + rest)}})
	case mark == ">self":
		s.hear(message{text: rest, self: true})
	case mark[0] == '>':
		s.hear(message{kind: mark[1:], text: rest})
	default:
		s.tb.Fatalf("cannot play %q", line)
	}
}

func (s *script) speak(who string) {
	s.tb.Helper()
	name, more, _ := strings.Cut(who, " ")
	s.speaker = name
	switch {
	case more == "":
		s.chat(name, "friend")
	case more[0] >= '0' && more[0] <= '9':
		s.bind(name, more)
		s.read = len(s.inbox())
	default:
		s.chat(name, more)
	}
}

// enrol puts somebody on the roster.
func (s *script) enrol(fields []string) {
	s.tb.Helper()
	year, err := strconv.Atoi(fields[4])
	s.ok(err)
	l := storage.Listed{No: fields[0], Name: fields[1], College: fields[2], Branch: fields[3], Cohort: year}
	if len(fields) > 5 {
		l.Former = fields[5]
	}
	s.ok(s.ApplyRoster(ctx, s.season, storage.Roster{
		Committee: "校团委", People: []storage.Listed{l}, Audit: storage.Audit{At: s.clock.now(), Action: "import", Subject: "roster"},
	}))
	s.report()
}

func (s *script) hear(m message) {
	s.tb.Helper()
	s.receive(s.speaker, m)
	s.work()
	s.report()
}

// report writes what left and what changed since the last time.
func (s *script) report() {
	s.tb.Helper()
	for _, m := range s.send() {
		to := "<"
		if m.to != s.speaker {
			to = "<@" + m.to
		}
		if m.file != nil {
			if m.text = fmt.Sprintf("[%s] %s", m.file.Kind, m.file.Name); strings.HasSuffix(m.file.Name, sheetEnding) {
				s.book = m.file
				m.text += s.rows(m.file)
			}
		}
		if m.kind == storage.OutAccept {
			m.text = "[accepts the friend request] " + m.text
		}
		for i, line := range strings.Split(m.text, "\n") {
			if i > 0 {
				to = "|"
			}
			s.out.WriteString(strings.TrimRight(to+" "+line, " ") + "\n")
		}
	}
	for _, row := range s.inbox()[s.read:] {
		s.read++
		if row.State == storage.InboxSkipped {
			fmt.Fprintf(&s.out, "* %s\n", row.Outcome)
		}
	}
	now := s.everyone()
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if m := now[id]; m.Transfer.Version != s.members[id].Transfer.Version {
			s.out.WriteString("* " + s.standing(m) + "\n")
		}
	}
	s.members = now
}

// standing is how a transfer stands, in one line.
func (s *script) standing(m storage.Member) string {
	text := m.Person.Name + "：" + m.Transfer.Destination
	if d := m.Declaration; d != nil {
		text += "/" + d.Route
		if d.CrossSystem {
			text += " 跨系统"
		}
	}
	return text + " " + s.season.TrackState(m.Transfer.Track, m.Transfer.State).Name
}

// rows are the rows of a workbook, in a line each.
func (s *script) rows(f *storage.File) string {
	s.tb.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(f.Content))
	s.ok(err)
	defer book.Close()
	sheet, hidden := book.GetSheetName(0), 0
	if sheet == roster.SheetProgress {
		hidden = 1 // the version
	}
	rows, err := book.GetRows(sheet)
	s.ok(err)
	var b strings.Builder
	for _, r := range rows {
		b.WriteString("\n  " + strings.Join(r[:len(r)-hidden], " | "))
	}
	return b.String()
}

// filled is the workbook last received with words filled in.
func (s *script) filled(edits string) *storage.File {
	s.tb.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(s.book.Content))
	s.ok(err)
	defer book.Close()
	rows, err := book.GetRows(roster.SheetProgress)
	s.ok(err)
	for _, edit := range strings.Fields(edits) {
		name, words, _ := strings.Cut(edit, "=")
		line := 1 + slices.IndexFunc(rows, func(r []string) bool { return r[0] == name || r[1] == name })
		if line == 0 {
			s.tb.Fatalf("the workbook has nobody called %s", name)
		}
		column := 'H'
		for _, w := range strings.Split(words, "/") {
			if at, is := strings.CutPrefix(w, "@"); is { // a cell by its column: @G已审
				column, w = rune(at[0]), at[1:]
			}
			if w != "" {
				s.ok(book.SetCellStr(roster.SheetProgress, fmt.Sprintf("%c%d", column, line), w))
			}
			column++
		}
	}
	b, err := book.WriteToBuffer()
	s.ok(err)
	return &storage.File{Kind: storage.FileDocument, Name: s.book.Name, Content: b.Bytes()}
}
