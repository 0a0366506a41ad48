//go:build tools

package main

import (
	_ "github.com/bsm/redislock"
	_ "github.com/chromedp/chromedp"
	_ "github.com/eatmoreapple/openwechat"
	_ "github.com/glebarez/sqlite"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/mdp/qrterminal/v3"
	_ "github.com/pressly/goose/v3"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/robfig/cron/v3"
	_ "github.com/xuri/excelize/v2"
	_ "go.yaml.in/yaml/v3"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/term"
	_ "golang.org/x/text/width"
	_ "golang.org/x/tools/txtar"
	_ "gorm.io/driver/mysql"
	_ "gorm.io/gorm"
	_ "modernc.org/sqlite/lib"
	_ "rsc.io/qr"
)
