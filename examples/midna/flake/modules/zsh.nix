{ inputs, ... }:
{
  programs.zsh = {
    enable = true;
    history = {
      size = 4000;
      save = 10000000;
      ignoreDups = true;
      share = false;
      append = true;
    };
    initContent = ''
      ${builtins.readFile "${inputs.configfiles}/zshrc"}
      export CLAUDE_CONFIG_DIR=/home/michael/claude-microvm
    '';
  };
}
