# Completion of ops for bash. Load it from ~/.bashrc:  source <(ops completion bash)
# Whatever ops answers is taken as text: nothing of it is expanded or evaluated.
_ops_completion() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <(command "${COMP_WORDS[0]}" --complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _ops_completion ops
