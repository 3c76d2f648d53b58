{
  programs.zsh = {
    enable = true;
    initContent = ''
      alias gs='git status'
    '';
  };
}
