// Modgov governs the dependencies of a Go repository that holds many modules. It reads go.mod, go.work, go.sum and
// vendor directories alone, says which modules disagree about a dependency and why, which line of the policy that
// breaks, and makes the smallest change that clears it.
//
// # Usage
//
//	modgov: govern the dependencies of a Go repository that holds many modules
//
//	Usage: modgov [flags] COMMAND [flags] [arguments]
//
//	Commands:
//	  check          find what is wrong with the dependencies
//	  fix            make the smallest change that clears the findings
//	  get            change the version of a dependency in all modules that have it
//	  whatif         show what a version of a dependency would change, and write
//	                 nothing
//	  carry          finish a bump that others began
//	  tidy           do in all modules what go mod tidy does in one
//	  work           keep go.work in step with the modules, and the modules with it
//	  vendor         make and prove vendor snapshots
//	  recover        finish or undo a write that was interrupted
//	  list           print build lists
//	  graph          print requirement graphs
//	  why            show who has a dependency, and by which requirements
//	  report         show who has to do what, in which order, before the modules can
//	                 be released
//	  diff           show which versions changed in which modules, and by which
//	                 edits
//	  affected       list the modules that a change touches, with the reasons
//	  run            run a command in each module, several at a time
//	  merge-reports  join the JSON results of several machines to one
//	  init           write a first policy, with exceptions for what is already wrong
//	  suggest        rank what is cheapest to clear, with the commands
//	  exceptions     list what the policy waives, and edit it
//	  doctor         show what modgov sees, and compare it with the go command
//	  policy         work on the policy file
//	  explain        explain a rule, or list all rules
//	  completion     print the script that completes modgov's command line in a
//	                 shell
//	  help           explain modgov, or one command
//
//	Flags of every command, before it or after it:
//	  -C DIR         run as if started in DIR
//	  --root DIR     govern what is below DIR (default: found from go.work, then
//	                 git)
//	  --policy FILE  read the policy from FILE (default: modgov.yaml at the root)
//	  --module SEL   only modules that SEL selects: a directory glob, path:GLOB,
//	                 team:x, tag:x, !not; repeatable
//	  --offline      ask no network, as with GOPROXY=off
//	  --jobs N       do N things at once (default: the number of processors)
//	  --no-color     no colours; NO_COLOR in the environment says the same
//	  -q, --quiet    say less: the result alone
//	  -v, --verbose  say more: what was left out, and why
//	  --format F     write the result as F, one of those that the command's help
//	                 lists; --json is short for --format json
//	  -h, --help     explain modgov, or the command that it stands with
//	  --version      print which modgov this is
//
//	Exit codes, the same for every command and format:
//	  0         pass; there is nothing to object to
//	  1         the negative answer: a finding at or above the threshold, or
//	            something is left to fix
//	  2         usage, or a policy file that is invalid in itself
//	  3         incomplete: something could not be read or done, and nothing worse
//	            is known
//	  130, 143  stopped by SIGINT, SIGTERM
//
//	modgov help COMMAND tells more about a command.
//
// # Command line
//
// Flags may stand before the command, after it and after its arguments; "--" ends them. --flag=value and --flag value
// are the same, one dash or two make no difference to a name of several letters, and single letters combine: -qC dir
// is -q -C dir. An empty value is an error, so that an unset variable in a script does not mean the default. Of a flag
// that takes one value the last one counts; --module and -C add up. Nothing is split at commas.
//
// -C DIR is as if modgov had been started in DIR, as in go and git: the other names of files are relative to it.
//
// The command line, and nothing else, chooses what modgov does: it has no settings in the environment but those of the
// go command, which it reads as the go command does, NO_COLOR, TERM and COLUMNS, and the variables of CI services where
// --base auto asks for them and where modgov run marks what their logs can fold. GOWORK in the environment does not
// change a result.
//
// modgov without any argument is an error that explains itself, so that a CI job whose command got lost does not pass.
//
// # Output
//
// Results go to stdout; errors, hints and progress go to stderr, progress only where stderr is a terminal and -q is
// not given. Text is as wide as the terminal, or COLUMNS, and never narrower than 80 columns; where stdout is no
// terminal its width has no limit. Colours only mark what the words say too; there are none where stdout is no
// terminal, where TERM is dumb, with --no-color, or with a NO_COLOR that is not empty. A result that could not be
// written, to a full disk perhaps, is an error.
//
// # Exit codes
//
// The exit code depends on what was found, never on the output format. Where several apply, 2 beats 1 and 1 beats 3:
// with a wrong command line or policy nothing else can be trusted, and what was found stays found when something else
// could not be read. A command that only shows exits with 0 whatever it shows. Anything that modgov was asked for and
// could not do is 3.
//
// SIGINT (Ctrl-C) and SIGTERM stop modgov at once, with 130 and 143; only the writing of a finished plan is completed
// or undone first, and modgov run passes the signal on and waits up to five seconds. A second signal kills.
//
// # Completion
//
// modgov completion prints a script for bash, zsh, fish or PowerShell.
package main
