# Completion of ops for fish. Load it from ~/.config/fish/config.fish:  ops completion fish | source
# Whatever ops answers is taken as text: nothing of it is expanded or evaluated.
function __ops_completion
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    command $typed[1] --complete -- $typed[2..-1] "$current" 2>/dev/null
end
complete -c ops -f -k -a '(__ops_completion)'
