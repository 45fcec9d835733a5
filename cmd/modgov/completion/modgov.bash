# Completion of modgov's command line for bash. In ~/.bashrc: eval "$(modgov completion bash)"

_modgov() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word rest i
    # Bash breaks words at "=" and ":"; those without a space between them are put together again.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        ((i == COMP_CWORD)) && word=$rest
        if ((i == 0)) || [[ $rest != "$line" || -z $line ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
        line=${rest#"$word"}
    done
    local current=${words[${#words[@]} - 1]} breaks= done= offer=:none
    unset "words[${#words[@]} - 1]"
    # Bash replaces what follows the last break only, so that is what it must be given.
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+="="
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=":"
    [[ -n $breaks ]] && done=${current%"${current##*[$breaks]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :files | :dirs | :none) offer=$line ;;
        *)
            # An id may hold what the shell would take for itself, such as "*" and "<".
            line=${line%%$'\t'*}
            printf -v line %q "${line#"$done"}"
            COMPREPLY+=("$line")
            ;;
        esac
    done < <(modgov __complete -- "${words[@]:1}" "=$current" 2>/dev/null)
    # Bash before version 4 has no compopt, and offers files where modgov has nothing to offer.
    case $offer in
    :none) compopt +o default 2>/dev/null ;;
    :dirs) compopt +o default -o dirnames 2>/dev/null ;;
    esac
    return 0
}

complete -o default -F _modgov modgov
