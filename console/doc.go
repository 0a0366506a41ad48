// Package console is the page (控制台) on which officers and those who run the bot see the season.
//
//	browser ─▶ guard      headers, foreign sites kept out, compression
//	        ─▶ door       who is it? sign-in by one-time link, session in SQL   (signin.go)
//	        ─▶ a page     questions to storage → a view → one template          (overview.go, members.go, …)
//
// Pages are whole without JavaScript; htmx replaces parts of them in place. Nothing is loaded from elsewhere, no style or
// script stands in a page. Who sees what is storage.ScopeOf, as in chat: what one may not see answers like what does not
// exist. A look at personal data is a line of the audit, written before the page is.
//
// A page decides nothing about the season: names, states, rates and dates are those of the season file.
package console
