// Package roster takes workbooks in and gives tables out: the one way people and their spreadsheets meet the store.
//
// A roster workbook has a sheet 团员 (one row per graduating member) and a sheet 干部 (one row per role of an officer).
//
//	Read  ─▶ Book: every row checked by itself, good rows apart from refused ones
//	Plan  ─▶ Diff: what the good rows would change in the store, printed by Diff.WriteText; nothing is written
//	Diff.Roster ─▶ storage.ApplyRoster: all good rows in one transaction
//	WriteRejected ─▶ the same workbook again, the reason beside each refused row
//	Template, Write, Export ─▶ workbooks and tables for people
//
// Reading is a stream over the parts of the workbook with hard limits, so a hostile file costs a clear error
// and not the machine. The parts are read here rather than through excelize because its row reader ends silently where
// a sheet is damaged, and tells neither formulas nor merged cells. Whatever leaves as .xlsx or .csv passes Neutral,
// so that no text becomes a formula in the hands of whoever opens it.
package roster
