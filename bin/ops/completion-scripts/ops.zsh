#compdef ops
# Completion of ops for zsh. Load it from ~/.zshrc, after compinit:  source <(ops completion zsh)
# Whatever ops answers is taken as text: nothing of it is expanded or evaluated.
_ops_completion() {
  local -a answers names shown
  local line
  answers=("${(@f)$(command "${(Q)words[1]}" --complete -- "${(Q@)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in "${answers[@]}"; do
    [[ -n "$line" ]] || continue
    names+=("${line%%$'\t'*}")
    shown+=("${line/$'\t'/  }")
  done
  (( ${#names} )) && compadd -l -V ops -d shown -a -- names
}
compdef _ops_completion ops
