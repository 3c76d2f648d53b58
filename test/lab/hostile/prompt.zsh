# prompt.zsh FOLDER NAME…: prints a prompt with vcs_info in each work tree FOLDER/NAME and in some folders of it.
autoload -Uz vcs_info
setopt prompt_subst
zstyle ':vcs_info:*' check-for-changes true
zstyle ':vcs_info:*' formats ' (%b%u%c)'
PROMPT='%~${vcs_info_msg_0_}%# '
folder=$1
shift
for t; do
  for inner in . docs inner sub; do
    cd "$folder/$t/$inner" 2>/dev/null || continue
    vcs_info
    print -P -- "$PROMPT"
  done
done
