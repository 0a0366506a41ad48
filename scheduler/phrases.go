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
	textHintRecord = "办好了也可以直接写，例如：%s。"
	textHintList   = "回复“名单”看明细。"
	textPeople     = "%d人"
	textUnits      = "%d个"
	textDigits     = "请回复：1 知道了 · 2 已办 · 3 换人。"
	textDigitsOwn  = "请回复：1 知道了 · 2 已办。"

	textOverdue    = "{count}件“{duty}”已经逾期（{days}）：{names}"
	textOverdueOwn = "“{duty}”已经逾期（{days}），还没办好。"

	textUnreachedAll  = "（微信联系不上本人，请%s转告）"
	textUnreachedSome = "（其中%d人微信联系不上，请%s转告）"

	textUnansweredAll  = "（之前的提醒没有人回应）"
	textUnansweredSome = "（其中%d人的提醒没有人回应）"

	textWhose  = "（%s）"
	textHanded = "（转给%s办理）"

	textNeverReminded = "没有能提醒到人"
	textReminded      = "提醒过%d次"
	textRemindedSome  = "提醒过%d至%d次"
	textNoAnswer      = "，没有人回应"
	textAnswered      = "，有人回应过"
	textAnsweredSome  = "，其中%d件有人回应过"

	textUnreachable     = "微信联系不上、已请别人转告的："
	textUnreachableDuty = "“%s”%d人（%s）"
	textUnreachableMore = "，另有%d人"

	textToday    = "今天"
	textTomorrow = "明天"
	textInDays   = "还有%d天"
	textDaysAgo  = "已过%d天"
)

// What those who send to many are told.
const (
	textNoticeEnds = "通知%d发完了：共%d人，已送达%d人（其中%d人已回复收到），没有送到%d人，不确定%d人。\n回复“进展 %[1]d”看各学院的情况，“通知名单 %[1]d”要每个人的名单，“跟进 %[1]d”再提醒没有回复的人。"

	textRefused      = "微信提示账号 %s 发送过于频繁。已经暂停%d分钟，之后一天内放慢一半。如果再次出现，会停下来等您处理。"
	textRefusedAgain = "微信再次提示账号 %s 发送过于频繁，现在已全部停发，回答也发不出去。请先在手机上看看账号是否正常，过几小时再回复“继续”恢复。"
)

// How a reader is addressed: teachers with respect, students as one of them.
const (
	youTeacher = "您"
	youStudent = "你"
)
