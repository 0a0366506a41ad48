package scheduler

// What a digest says in every season; what falls due is said by the season file. %[2]s is 您 or 你.
const (
	textTeacher = "%s老师"

	textHeadOne    = "%[1]s，%[2]s好！有一件团组织关系转接的事，请%[2]s留意："
	textHeadMany   = "%[1]s，%[2]s好！有%[3]d件团组织关系转接的事，请%[2]s留意："
	textHeadReport = "%[1]s，%[2]s好！向%[2]s报告："
	textHeadOwn    = "%[1]s，%[2]s好！"
	textAlsoOffice = "另外，作为团干部请%[2]s留意："

	textMore       = "还有%d件，涉及%d人，回复“名单”查看。"
	textOthers     = "等"
	textHintRecord = "办好了请回复我，例如：%s。"
	textHintList   = "回复“名单”看明细。"
	textPeople     = "%d人"

	textUnreachedAll  = "（微信联系不上本人，请%s转告）"
	textUnreachedSome = "（其中%d人微信联系不上，请%s转告）"

	textToday    = "今天"
	textTomorrow = "明天"
	textInDays   = "还有%d天"
	textDaysAgo  = "已过%d天"
)

// How a reader is addressed: teachers with respect, students as one of them.
const (
	youTeacher = "您"
	youStudent = "你"
)
