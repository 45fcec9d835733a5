package imports_test

import "testing"

// Each archive is a repository whose module "app" is asked for; "want" is the answer.
func TestReach(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"own imports and those of siblings": `
-- app/go.mod --
module example.com/app
go 1.24
require example.com/lib v0.0.0
require example.com/x v1.0.0
replace example.com/lib => ../lib
-- app/a.go --
package app
import ("fmt"; "example.com/x"; "example.com/lib"; "example.com/app/sub"; "example.com/nobody/has/it")
-- app/sub/a.go --
package sub
import "example.com/x/own"
-- lib/go.mod --
module example.com/lib
go 1.24
require example.com/x v1.0.0
require example.com/y v1.0.0
-- lib/a.go --
package lib
import "C"
import (
	"example.com/x"
	y "example.com/y"
)
-- want --
example.com/nobody/has/it: app/a.go:2:75, always, app
example.com/x: app/a.go:2:16, always, app
example.com/x: lib/a.go:4:2, sometimes, app -> lib
example.com/x/own: app/sub/a.go:2:8, always, app/sub
example.com/y: lib/a.go:5:4, sometimes, app -> lib; example.com/y@v1.0.0 is not listed
`,
		"the most frequent way is shown, then the shortest": `
-- app/go.mod --
module example.com/app
go 1.24
require example.com/lib v0.0.0
replace example.com/lib => ../lib
-- app/a/a.go --
package a
import _ "example.com/lib/long"
-- app/b/b_linux.go --
package b
import _ "example.com/lib/log"
-- app/c/c_test.go --
package c
import _ "example.com/lib/log"
import _ "example.com/lib/fake"
-- lib/go.mod --
module example.com/lib
go 1.24
require example.com/x v1.0.0
-- lib/long/long.go --
package long
import _ "example.com/lib/log"
-- lib/log/log_test.go --
package log
import _ "example.com/x/testing"
-- lib/log/a_windows.go --
package log
import _ "example.com/x"
-- lib/log/b.go --
package log
import _ "example.com/x"
-- lib/fake/fake.go --
package fake
import _ "example.com/x/fake"
-- want --
example.com/x: lib/log/b.go:2:10, always, app/a -> lib/long -> lib/log; example.com/x@v1.0.0 is not listed
example.com/x/fake: lib/fake/fake.go:2:10, in tests, app/c -> lib/fake; example.com/x@v1.0.0 is not listed
`,
		"a module in the root, with modules inside": `
-- go.mod --
module example.com/root
go 1.24
require example.com/lib v0.0.0
replace example.com/lib => ./lib
-- a.go --
package root
-- cmd/a.go --
package main
import _ "example.com/lib"
-- lib/go.mod --
module example.com/lib
go 1.24
require example.com/root v0.0.0
require example.com/x v1.0.0
-- lib/a.go --
package lib
import _ "example.com/root/internal/i"
-- internal/i/i.go --
package i
import _ "example.com/x"
-- internal/i/i_test.go --
package i
import _ "example.com/x/t"
-- app/go.mod --
module example.com/app
go 1.24
require example.com/lib v0.0.0
require example.com/root v0.0.0
replace example.com/lib => ../lib
replace example.com/root => ../
-- app/a.go --
package app
import _ "example.com/lib"
-- want --
example.com/x: internal/i/i.go:2:10, always, app -> lib -> internal/i; example.com/x@v1.0.0 is not listed
`,
		"one directory under two paths": `
-- app/go.mod --
module example.com/app
go 1.24
require example.com/lib v0.0.0
require example.com/old/lib v0.0.0
replace example.com/lib => ../lib
replace example.com/old/lib => ../lib
-- app/a.go --
package app
import _ "example.com/old/lib/a"
-- lib/go.mod --
module example.com/lib
go 1.24
require example.com/x v1.0.0
-- lib/a/a.go --
package a
import _ "example.com/lib/b"
-- lib/b/b.go --
package b
import _ "example.com/x"
-- want --
example.com/x: lib/b/b.go:2:10, always, app -> lib/a -> lib/b; example.com/x@v1.0.0 is not listed
`,
		"an excluded version is not listed, a directory outside the repository is not read": `
-- app/go.mod --
module example.com/app
go 1.24
require example.com/lib v0.0.0
require example.com/x v1.0.0
exclude example.com/x v1.0.0
replace example.com/lib => ../lib
replace example.com/out => ../../out
-- app/a.go --
package app
import _ "example.com/lib"
-- lib/go.mod --
module example.com/lib
go 1.24
require example.com/x v1.1.0
-- lib/a.go --
package lib
import _ "example.com/x"
-- want --
example.com/x: lib/a.go:2:10, always, app -> lib; example.com/x@v1.1.0 is not listed
`,
		"links to files and directories": `
-- app/go.mod --
module example.com/app
go 1.24
require example.com/lib v0.0.0
replace example.com/lib => ../lib
-- app/a.go --
-> ../shared/b.go
-- app/gone.go --
-> ../none.go
-- shared/b.go --
-> a.go
-- shared/a.go --
package app
import _ "example.com/lib/real"
-- lib/go.mod --
module example.com/lib
go 1.24
require example.com/x v1.0.0
-- lib/real/a.go --
package real
import _ "example.com/x"
-- want --
example.com/x: lib/real/a.go:2:10, always, app -> lib/real; example.com/x@v1.0.0 is not listed
`,
		"nothing concerns a module without a sibling's directory": `
-- app/go.mod --
module example.com/app
go 1.24
require example.com/x v1.0.0
-- app/a.go --
package app
import _ "example.com/x"
-- want --
`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := tree(text)
			want := string(fsys["want"].Data)
			im := follow(t, fsys, nil)
			if got := shown(im.Reach("app")); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if len(im.Problems()) > 0 {
				t.Error(im.Problems())
			}
		})
	}
}
