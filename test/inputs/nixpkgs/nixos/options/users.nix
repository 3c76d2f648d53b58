# users.* and security.*, with the assertions that keep people from locking themselves out.
{ config, lib, pkgs, ... }:
let
  inherit (lib) concatMap mapAttrsToList mkDefault mkIf mkMerge mkOption types;
  inherit (types) either enum int lines listOf nullOr package passwdEntry path shellPackage str submodule;
  inherit (lib.declare) flag many maybe named option required;
  cfg = config.users;

  shell = either shellPackage (passwdEntry path);
  short = what: name: if builtins.stringLength name < 32 then name else throw "${what} `${name}' is longer than 31 characters.";
  idRange = id: submodule { options = { ${id} = required int; count = option int 1; }; };

  user = submodule ({ name, config, ... }: {
    options = {
      name = mkOption { type = passwdEntry str; apply = short "Username"; };
      description = option (passwdEntry str) "";
      uid = maybe int;
      isSystemUser = flag false;
      isNormalUser = flag false;
      group = mkOption { type = str; default = ""; apply = short "Group name"; };
      extraGroups = many str;
      home = option (passwdEntry path) "/var/empty";
      homeMode = option (types.strMatching "[0-7]{1,5}") "700";
      createHome = flag false;
      shell = option (nullOr shell) pkgs.shadow;
      useDefaultShell = flag false;
      ignoreShellProgramCheck = flag false;
      packages = many package;
      linger = flag false;
      password = maybe str;
      hashedPassword = maybe (passwdEntry str);
      hashedPasswordFile = maybe str;
      initialPassword = maybe str;
      initialHashedPassword = maybe (passwdEntry str);
      autoSubUidGidRange = flag false;
      subUidRanges = many (idRange "startUid");
      subGidRanges = many (idRange "startGid");
      openssh.authorizedKeys = { keys = many types.singleLineStr; keyFiles = many path; };
    };
    config = mkMerge [
      {
        name = mkDefault name;
        shell = mkIf config.useDefaultShell (mkDefault cfg.defaultUserShell);
      }
      (mkIf config.isNormalUser {
        group = mkDefault "users";
        createHome = mkDefault true;
        home = mkDefault "/home/${config.name}";
        useDefaultShell = mkDefault true;
        isSystemUser = mkDefault false;
      })
    ];
  });

  group = submodule ({ name, ... }: {
    options = {
      name = option (passwdEntry str) name;
      gid = maybe int;
      members = many (passwdEntry str);
    };
  });

  pamItems = [
    "core" "data" "fsize" "memlock" "nofile" "rss" "stack" "cpu" "nproc" "as" "maxlogins" "maxsyslogins" "priority" "locks"
    "sigpending" "msgqueue" "nice" "rtprio"
  ];

  ids = attribute: set: builtins.filter (id: id != null) (mapAttrsToList (_: x: x.${attribute}) set);
  distinct = list: builtins.length list == builtins.length (lib.unique list);
  canLogIn = name: u:
    (name == "root" || u.group == "wheel" || builtins.elem "wheel" u.extraGroups)
    && (u.hashedPassword != null || u.password != null || u.hashedPasswordFile != null || u.openssh.authorizedKeys.keys != [ ] || u.openssh.authorizedKeys.keyFiles != [ ]);

  userAssertions = u: [
    {
      assertion = u.isNormalUser != (u.isSystemUser || (u.uid != null && u.uid < 1000));
      message = "users.users.${u.name} has to be either isNormalUser or isSystemUser.";
    }
    {
      assertion = u.group != "";
      message = "users.users.${u.name}.group is not set.";
    }
    {
      assertion = u.group == "" || cfg.groups ? ${u.group};
      message = "The group `${u.group}' of users.users.${u.name} is not declared in users.groups.";
    }
  ] ++ map
    (program: {
      assertion = u.ignoreShellProgramCheck || toString u.shell != toString pkgs.${program} || config.programs.${program}.enable;
      message = "users.users.${u.name}.shell is ${program} without programs.${program}.enable.";
    }) [ "zsh" "fish" ];

  sudoRule = submodule {
    options = {
      host = option str "ALL";
      runAs = option str "ALL:ALL";
      users = many (either str int);
      groups = many (either str int);
      commands = option
        (listOf (either str (submodule { options = { command = required str; options = many (enum [ "NOPASSWD" "PASSWD" "NOEXEC" "EXEC" "SETENV" "NOSETENV" "LOG_INPUT" "NOLOG_INPUT" "LOG_OUTPUT" "NOLOG_OUTPUT" "MAIL" "NOMAIL" "FOLLOW" "NOFOLLOW" "INTERCEPT" "NOINTERCEPT" ]); }; })))
        [ ];
    };
  };
in
{
  options = {
    users = {
      users = named user;
      groups = named group;
      mutableUsers = flag true;
      defaultUserShell = option shell pkgs.bashInteractive;
      enforceIdUniqueness = flag true;
      allowNoPasswordLogin = flag false;
      motd = maybe lines;
    };
    security = {
      sudo = {
        enable = flag true;
        wheelNeedsPassword = flag true;
        execWheelOnly = flag false;
        extraConfig = option lines "";
        extraRules = many sudoRule;
      };
      polkit.enable = flag false;
      rtkit.enable = flag false;
      pam.loginLimits = many (submodule {
        options = { domain = required str; type = required (enum [ "-" "hard" "soft" ]); item = required (enum pamItems); value = required (either str int); };
      });
      pki.certificateFiles = many path;
    };
  };

  config = {
    users.users.root = { uid = 0; isSystemUser = true; group = "root"; home = "/root"; shell = mkDefault cfg.defaultUserShell; };
    users.groups = { root.gid = 0; wheel.gid = 1; kvm.gid = 302; users.gid = 100; keys.gid = 96; };
    assertions = [
      {
        assertion = !cfg.enforceIdUniqueness || (distinct (ids "uid" cfg.users) && distinct (ids "gid" cfg.groups));
        message = "Two users have one uid, or two groups have one gid.";
      }
      {
        assertion = cfg.mutableUsers || cfg.allowNoPasswordLogin || builtins.any (name: canLogIn name cfg.users.${name}) (builtins.attrNames cfg.users);
        message = "Nobody could log in: neither root nor a wheel user has a password or an SSH key.";
      }
    ] ++ concatMap userAssertions (builtins.attrValues cfg.users);
  };
}
