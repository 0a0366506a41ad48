// Package understand reads one Chinese answer: what was written goes in, a value or the reason why not comes out.
//
//	"２０１６０００１　张三" ──Normalize──▶ "20160001 张三" ──StudentAndName──▶ Pair{20160001, 张三}
//	"大概九月一号吧"        ──Date────────▶ 2020-09-01       (within the range of the question)
//	"第三个"               ──Number──────▶ 3                (of the menu shown)
//	"应该没有"             ──Choice──────▶ the option 没有, never 有
//	"成都高新区"           ──Province────▶ 四川             (several candidates are asked about, never guessed)
//	"哈尔滨工业大学（深圳）" ──Unit────────────▶ 广东             (where a unit stands, not what it is called after)
//
// Everything here is pure: no clock, no I/O, no goroutine, the same answer for the same message. A parser takes a
// message as it arrived and normalises it itself. What is not certain is refused, with a Reason the conversation
// turns into a sentence; each value that is accepted is read back to the writer before it counts.
package understand
