package scheduler

// What a digest says in every season; what falls due is said by the season file.
const (
	textHeadOfficer = "%s老师好，有%d件团组织关系的事需要您留意："
	textHeadReport  = "%s老师好，有%d件事向您报告："
	textHeadMember  = "%s，你好。"
	textMore        = "另有%d件，共涉及%d人，回复“名单”查看。"
	textOthers      = "等"
	textHintRecord  = "办好了回复我，例如：%s。回复“名单”看明细。"
	textHintList    = "回复“名单”看明细，“进度”看完成情况。"
	textUnreached   = "%s（微信联系不上本人）"
	textPeople      = "%d人"

	textToday    = "今天"
	textTomorrow = "明天"
	textInDays   = "还有%d天"
	textDaysAgo  = "已过%d天"
)
