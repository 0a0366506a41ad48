package understand

import "fmt"

// Why an answer was refused.
const (
	ReasonNoName       = "no name"       // a number without a name
	ReasonNoNumber     = "no number"     // a name without a number, or no number where one is asked for
	ReasonNumberLength = "number length" // digits, but too few, too many, or mixed with letters
	ReasonNotAPair     = "not a pair"    // neither a number nor anything like a name
	ReasonSeveral      = "several"       // more than one answer in one message
	ReasonNotADate     = "not a date"    // nothing that reads as a date, or one that hangs on today (明天, 明年)
	ReasonNoDay        = "no day"        // part of a date or a period: 9月, 月底, 9月初, 3号, 9月1日之前
	ReasonNoSuchDate   = "no such date"  // 2月30日
	ReasonOutOfRange   = "out of range"  // a date outside the range of the question
	ReasonNotAPhone    = "not a phone"   // not a mainland mobile number
)

// Refused is the error of every parser in this package.
type Refused struct {
	Reason string // one of the Reason constants
	Text   string // the message, normalised and cut to 40 characters
}

func (r *Refused) Error() string { return fmt.Sprintf("%q refused: %s", r.Text, r.Reason) }

// refuse is a Refused about a normalised message.
func refuse(reason, text string) error {
	const most = 40
	n := 0
	for i := range text {
		if n++; n > most {
			text = text[:i]
			break
		}
	}
	return &Refused{Reason: reason, Text: text}
}
