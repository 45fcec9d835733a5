# Completion of modgov's command line for fish. Store it as ~/.config/fish/completions/modgov.fish

function __modgov_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l current (commandline -ct)
    for line in (modgov __complete -- $before "=$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path $current
            case :dirs
                __fish_complete_directories $current
            case :none
            case '*'
                echo $line
        end
    end
end

complete -c modgov -e
complete -c modgov -f -k -a '(__modgov_complete)'
