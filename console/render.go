package console

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"xianjie/storage"
)

//go:embed templates
var templateFiles embed.FS

// parts are templates every page may use.
var parts = []string{"templates/layout.html", "templates/parts.html"}

// parse reads the pages: one file each, beside the parts.
func (c *Console) parse() map[string]*template.Template {
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err) // they are part of the program
	}
	pages := map[string]*template.Template{}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t := template.New(f.Name()).Funcs(template.FuncMap{"asset": c.assets.at})
		pages[name] = template.Must(t.ParseFS(templateFiles, append(parts, "templates/"+f.Name())...))
	}
	return pages
}

// page is what the frame around every page shows.
type page struct {
	Title  string
	School string
	Nav    []link
	Who    string // name of the visitor, "" on the sign-in page
	Where  string // what they see
	Today  string
}

// link is a place to go to.
type link struct {
	Text, To string
	Here     bool
}

// frame is the frame of a visitor's page.
func (c *Console) frame(v *visit, title string) page {
	p := page{Title: title, School: c.Season.School, Today: c.Season.DateOf(c.Now()).ChineseYear(), Who: "管理员", Where: c.Season.School}
	if v.who.Person != nil {
		p.Who, p.Where = v.who.Person.Name, placeOf(v.who)
	}
	for _, n := range navigation {
		if n.everywhere && !v.who.Everywhere() {
			continue
		}
		here := v.URL.Path == n.to || n.to != "/" && strings.HasPrefix(v.URL.Path, n.to+"/")
		p.Nav = append(p.Nav, link{n.text, n.to, here})
	}
	return p
}

// navigation are the pages; those marked are for who sees the whole school.
var navigation = []struct {
	text, to   string
	everywhere bool
}{
	{"总览", "/", false},
	{"名单", "/members", false},
	{"时限", "/duties", false},
	{"通知", "/notices", true},
	{"微信", "/wechat", true},
	{"审计", "/audit", true},
}

// placeOf is the organisation an officer's view stands for.
func placeOf(v storage.Visitor) string {
	sc := v.Scope()
	for _, r := range v.Roles {
		switch {
		case sc == storage.Scope{} && r.Party == storage.OrgCommittee,
			sc.CollegeID != 0 && r.OrgID == sc.CollegeID,
			sc.BranchID != 0 && r.OrgID == sc.BranchID:
			return r.Org.Name
		}
	}
	return ""
}

// render writes a page, whole or not at all.
func (c *Console) render(w http.ResponseWriter, status int, name string, view any) error {
	return c.write(w, status, name, "layout", view)
}

// write writes one template of a page.
func (c *Console) write(w http.ResponseWriter, status int, name, part string, view any) error {
	var b bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&b, part, view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader who left misses nothing
	return nil
}

// refuseView says that a page is not to be had.
type refuseView struct {
	page
	Text string
}

// refuse answers with a page that says what went wrong.
func (c *Console) refuse(w http.ResponseWriter, v *visit, status int) {
	view := refuseView{Text: "没有这个页面，或者不在您能看的范围内。"}
	title := "没有找到"
	if status != http.StatusNotFound {
		title, view.Text = "出错了", "这一页没有打开，请稍后再试。要是一直这样，请告诉管理员。"
	}
	view.page = page{Title: title, School: c.Season.School}
	if v.who.Session.ID != 0 {
		view.page = c.frame(v, title)
	}
	if err := c.render(w, status, "refuse", view); err != nil {
		c.Log.Error("console page failed", "path", v.Pattern, "err", err)
	}
}

// minute is an instant as people read it here.
func (c *Console) minute(t time.Time) string { return t.In(c.Season.Zone).Format("2006-01-02 15:04") }
