#compdef modgov
# Completion of modgov's command line for zsh. Store it as _modgov in a directory of $fpath, or, in ~/.zshrc after
# compinit: eval "$(modgov completion zsh)"

_modgov() {
    local -a found
    local line name offer=:none
    for line in "${(@f)$(modgov __complete -- "${(@Q)words[2,CURRENT-1]}" "=${(Q)PREFIX}" 2>/dev/null)}"; do
        case $line in
            '') ;;
            :files|:dirs|:none) offer=$line ;;
            *$'\t'*) name=${line%%$'\t'*}; found+=("${name//:/\\:}:${line#*$'\t'}") ;;
            *) found+=("${line//:/\\:}") ;;
        esac
    done
    (( $#found )) && _describe -t modgov modgov found
    case $offer in
        :files) _files ;;
        :dirs) _files -/ ;;
    esac
}

if [[ $funcstack[1] == _modgov ]]; then
    _modgov "$@"
else
    compdef _modgov modgov
fi
