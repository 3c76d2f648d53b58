# programs.* of a home.
{ config, lib, pkgs, ... }:
let
  inherit (lib) optional types;
  inherit (types) attrsOf bool either enum float int lines listOf nullOr oneOf package path str submodule;
  inherit (lib.declare) flag many maybe named option;
  cfg = config.programs;

  program = name: { enable = flag false; package = option package pkgs.${name}; };
  nullable = program: program // { package = program.package // { type = nullOr package; }; };
  variables = option (types.lazyAttrsOf (nullOr (oneOf [ str path int float bool ]))) { };
  integrations = lib.genAttrs [ "enableBashIntegration" "enableFishIntegration" "enableZshIntegration" ] (_: flag true);

  zshHistory = submodule ({ config, ... }: {
    options = {
      append = flag false;
      expireDuplicatesFirst = flag false;
      extended = flag false;
      findNoDups = flag false;
      ignoreAllDups = flag false;
      ignoreDups = flag true;
      ignorePatterns = many str;
      ignoreSpace = flag true;
      path = option str "$HOME/.zsh_history";
      save = option int config.size;
      saveNoDups = flag false;
      share = flag true;
      size = option int 10000;
    };
  });

  gitValue = either str (either bool int);
  gitSettings = attrsOf (attrsOf (either (either gitValue (listOf gitValue)) (attrsOf (either gitValue (listOf gitValue)))));
in
{
  options.programs = {
    home-manager = program "nix" // { path = maybe str; };

    bash = nullable (program "bash") // {
      enableCompletion = flag true;
      historySize = option (nullOr int) 10000;
      historyFile = maybe str;
      historyFileSize = option (nullOr int) 100000;
      historyControl = many (enum [ "erasedups" "ignoredups" "ignorespace" "ignoreboth" ]);
      historyIgnore = many str;
      sessionVariables = variables;
      shellAliases = named str;
      shellOptions = many str;
      bashrcExtra = option lines "";
      initExtra = option lines "";
      profileExtra = option lines "";
      logoutExtra = option lines "";
    };

    zsh = program "zsh" // {
      autocd = maybe bool;
      autosuggestion.enable = flag false;
      cdpath = many str;
      completionInit = option lines "autoload -U compinit && compinit";
      defaultKeymap = maybe (enum [ "emacs" "vicmd" "viins" ]);
      dirHashes = named str;
      dotDir = maybe str;
      enableCompletion = flag true;
      envExtra = option lines "";
      history = option zshHistory { };
      initContent = option lines "";
      localVariables = option types.attrs { };
      loginExtra = option lines "";
      logoutExtra = option lines "";
      oh-my-zsh = { enable = flag false; plugins = many str; theme = option str ""; };
      profileExtra = option lines "";
      sessionVariables = variables;
      setOptions = many str;
      shellAliases = named str;
      shellGlobalAliases = named str;
      siteFunctions = named lines;
      syntaxHighlighting.enable = flag false;
    };

    emacs = program "emacs" // {
      extraConfig = option lines "";
      extraPackages = lib.mkOption { type = types.functionTo (listOf package); default = _: [ ]; };
    };

    git = nullable (program "git") // {
      settings = option (either gitSettings (listOf gitSettings)) { };
      ignores = many str;
      attributes = many str;
      hooks = named path;
      lfs = { enable = flag false; skipSmudge = flag false; };
      signing = { key = maybe str; format = maybe (enum [ "openpgp" "ssh" "x509" ]); signByDefault = maybe bool; signer = maybe str; };
    };

    direnv = program "direnv" // integrations // {
      config = option (attrsOf types.anything) { };
      nix-direnv.enable = flag false;
      mise.enable = flag false;
      silent = flag false;
      stdlib = option lines "";
    };

    go = nullable (program "go") // {
      env = option
        (submodule {
          freeformType = attrsOf str;
          options = lib.genAttrs [ "GOPATH" "GOPRIVATE" ] (_: option (either str (listOf str)) [ ]);
        })
        { };
      packages = named path;
      telemetry.mode = maybe (enum [ "off" "local" "on" ]);
    };

    tmux = nullable (program "tmux") // {
      aggressiveResize = flag false;
      baseIndex = option types.ints.unsigned 0;
      clock24 = flag false;
      escapeTime = option types.ints.unsigned 500;
      extraConfig = option lines "";
      historyLimit = option types.ints.positive 2000;
      keyMode = option (enum [ "emacs" "vi" ]) "emacs";
      mouse = flag false;
      prefix = maybe str;
      shortcut = option str "b";
      terminal = option str "screen";
    };

    fzf = program "fzf" // integrations // { defaultCommand = maybe str; defaultOptions = many str; };
    starship = program "starship" // integrations // { settings = option (attrsOf types.anything) { }; };
    vim = { enable = flag false; extraConfig = option lines ""; };
    neovim = program "neovim" // { defaultEditor = flag false; viAlias = flag false; vimAlias = flag false; extraPackages = many package; };
  };

  config.home.packages =
    lib.concatMap (name: optional (cfg.${name}.enable && cfg.${name}.package != null) cfg.${name}.package)
      [ "bash" "zsh" "emacs" "git" "direnv" "go" "tmux" "fzf" "starship" "neovim" ];
}
