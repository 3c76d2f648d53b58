# Completes microvm-emit in fish. The program itself answers, so this file fits every version.
function __microvm_emit_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (microvm-emit complete -- $words[2..-1] "$current" 2>/dev/null)
    printf '%s\n' $lines[2..-1]
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case directories
            __fish_complete_directories "$current"
    end
end
complete -c microvm-emit -f -a '(__microvm_emit_complete)'
