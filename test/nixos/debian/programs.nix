# Packages of nixpkgs by name, made of Debian packages.
{
  core,
  debs,
  debsWith,
  lib,
  packaged,
  script,
  stub,
  stubs,
  tree,
}:
let
  linksTo = target: names: lib.genAttrs names (_: "${tree}/${target}");

  systemdFlags =
    lib.genAttrs [
      "withAnalyze"
      "withCompression"
      "withFirstboot"
      "withHostnamed"
      "withHwdb"
      "withIptables"
      "withKmod"
      "withLibBPF"
      "withLocaled"
      "withLogind"
      "withMachined"
      "withNetworkd"
      "withNspawn"
      "withNss"
      "withPolkit"
      "withResolved"
      "withSysusers"
      "withTimedated"
      "withTimesyncd"
    ] (_: true)
    // lib.genAttrs [
      "withApparmor"
      "withAudit"
      "withBootloader"
      "withBtrfs"
      "withCoredump"
      "withCryptsetup"
      "withDocumentation"
      "withEfi"
      "withFido2"
      "withGcrypt"
      "withHomed"
      "withImportd"
      "withKexectools"
      "withLibidn2"
      "withLogTrace"
      "withOomd"
      "withPCRE2"
      "withPasswordQuality"
      "withPortabled"
      "withQrencode"
      "withRemote"
      "withRepart"
      "withSelinux"
      "withShellCompletions"
      "withSysupdate"
      "withTpm2Tss"
      "withTpm2Units"
      "withUkify"
      "withUserDb"
      "withUtmp"
      "withVmspawn"
    ] (_: false);

  python =
    debs "python3" [
      "python3"
      "python3-minimal"
      "python3.13"
      "python3.13-minimal"
    ]
    // {
      mainProgram = "python3";
      pkgs = programs.python3Packages;
      pythonVersion = "3.13";
      sitePackages = "lib/python3/dist-packages";
      interpreter = "${tree}/bin/python3";
      # Debian has one folder for the modules of all packages.
      withPackages = _: python;
      isPy3k = true;
      isPy2 = false;
    };
  perl =
    debs "perl" [
      "perl"
      "perl-base"
    ]
    // {
      withPackages = _: perl;
      libPrefix = "lib/perl5/site_perl";
    };

  systemd =
    debsWith "systemd"
      [
        "libnss-myhostname"
        "libnss-mymachines"
        "libnss-resolve"
        "libnss-systemd"
        "libpam-systemd"
        "libsystemd-shared"
        "libsystemd0"
        "libudev1"
        "systemd"
        "systemd-container"
        "systemd-resolved"
        "systemd-sysv"
        "udev"
      ]
      {
        # Units that NixOS lists and Debian has in other packages or not at all.
        units = [
          "cryptsetup-pre.target"
          "cryptsetup.target"
          "remote-cryptsetup.target"
          "systemd-boot-random-seed.service"
          "systemd-bootctl.socket"
          "systemd-bootctl@.service"
          "systemd-coredump.socket"
          "systemd-coredump@.service"
          "systemd-oomd.service"
          "systemd-oomd.socket"
          "systemd-time-wait-sync.service"
          "systemd-timesyncd.service"
          "systemd-update-utmp-runlevel.service"
          "systemd-update-utmp.service"
          "systemd-vconsole-setup.service"
        ];
      }
    // systemdFlags
    // {
      version = "257";
      interfaceVersion = 2;
      inherit (programs) kbd kmod util-linux;
      override = _: systemd;
    };

  qemu =
    debs "qemu" [
      "qemu-system-common"
      "qemu-system-data"
      "qemu-system-x86"
      "qemu-utils"
    ]
    // {
      configureFlags = [ "--enable-seccomp" ];
      override = _: qemu;
      overrideAttrs = _: qemu;
    };

  glibcLocales = packaged "glibc-locales" (
    core.runCommand "glibc-locales" { } ''
      mkdir -p $out/lib/locale
      cp -r ${tree}/lib/locale/. $out/lib/locale
      touch $out/lib/locale/locale-archive
    ''
  );

  # virtiofsd keeps the current limit of open files if root cannot raise it (no CAP_SYS_RESOURCE).
  virtiofsd = script "virtiofsd" ''
    arguments=()
    while [ $# -gt 0 ]; do
      if [ "$1" = --rlimit-nofile ] && ! (ulimit -n "$2") 2>/dev/null; then
        arguments+=(--rlimit-nofile 0)
        shift 2
      else
        arguments+=("$1")
        shift
      fi
    done
    exec ${tree}/libexec/virtiofsd "''${arguments[@]}"
  '';

  # Debian has these files in the package nix-setup-systemd.
  nix = packaged "nix" (
    core.symlinkJoin {
      name = "nix-2.26.3";
      paths = [
        (debs "nix" [ "nix-bin" ])
        (core.writeTextDir "lib/tmpfiles.d/nix-daemon.conf" ''
          d /nix/var/nix/daemon-socket 0755 root root - -
        '')
        (core.writeTextDir "lib/systemd/system/nix-daemon.socket" ''
          [Unit]
          RequiresMountsFor=/nix/store
          ConditionPathIsReadWrite=/nix/var/nix/daemon-socket
          [Socket]
          ListenStream=/nix/var/nix/daemon-socket/socket
          [Install]
          WantedBy=sockets.target
        '')
        (core.writeTextDir "lib/systemd/system/nix-daemon.service" ''
          [Unit]
          RequiresMountsFor=/nix/store /nix/var
          ConditionPathIsReadWrite=/nix/var/nix/daemon-socket
          [Service]
          ExecStart=@${tree}/bin/nix-daemon nix-daemon --daemon
          KillMode=process
          [Install]
          WantedBy=multi-user.target
        '')
      ];
    }
  );

  gettext = core.symlinkJoin {
    name = "gettext";
    paths = [
      (debs "gettext" [ "gettext-base" ])
      (core.writeShellScriptBin "msgfmt" ''
        while [ $# -gt 0 ]; do
          if [ "$1" = -o ]; then
            mkdir -p "$(dirname "$2")"
            : >"$2"
            shift
          fi
          shift
        done
      '')
    ];
  };

  lndir = script "lndir" ''
    while [ "''${1#-}" != "$1" ]; do shift; done
    if [ -d "$1" ]; then cp -rs --no-preserve=mode "$(realpath "$1")/." "''${2:-.}"; fi
  '';

  programs = {
    inherit
      gettext
      glibcLocales
      lndir
      nix
      perl
      qemu
      systemd
      virtiofsd
      ;
    glibcLocalesUtf8 = glibcLocales;
    nixStable = nix;
    nixVersions = {
      stable = nix;
      latest = nix;
    };
    perlPackages = stubs;
    python3 = python;
    python3Minimal = python;
    python3Packages = stubs // {
      supervisor = debs "supervisor" [ "supervisor" ];
      dnspython = stub "dnspython";
    };
    qemu_kvm = qemu;
    systemdMinimal = systemd;
    systemdUkify = systemd;
    udev = systemd;
    # callPackage finds these attributes too, so a stub with `lib` would replace the library.
    xorg = {
      inherit lndir;
      xauth = stub "xauth";
    };

    acl = debs "acl" [
      "acl"
      "libacl1"
    ];
    attr = debs "attr" [ "attr" ];
    bash =
      debs "bash" [
        "bash"
        "dash"
      ]
      // {
        interactiveShellPath = "/bin/bash";
      };
    bashInteractive = programs.bash;
    bashNonInteractive = programs.bash;
    runtimeShell = "${programs.bash}/bin/bash";
    runtimeShellPackage = programs.bash;
    bind = debs "bind" [
      "bind9-dnsutils"
      "bind9-host"
    ];
    bridge-utils = debs "bridge-utils" [ "bridge-utils" ];
    bubblewrap = debs "bwrap" [ "bubblewrap" ];
    bzip2 = debs "bzip2" [ "bzip2" ];
    cacert = stub "cacert";
    # Debian has `kill` in another package.
    coreutils = debsWith "coreutils" [ "coreutils" ] { links = linksTo "bin/kill" [ "bin/kill" ]; };
    coreutils-full = programs.coreutils;
    cpio = debs "cpio" [ "cpio" ];
    curl = debs "curl" [ "curl" ];
    dbus =
      debsWith "dbus"
        [
          "dbus"
          "dbus-bin"
          "dbus-daemon"
          "dbus-session-bus-common"
          "dbus-system-bus-common"
        ]
        {
          links = linksTo "lib/dbus-1.0/dbus-daemon-launch-helper" [ "libexec/dbus-daemon-launch-helper" ];
        };
    diffutils = debs "diffutils" [ "diffutils" ];
    dnsmasq = debs "dnsmasq" [ "dnsmasq-base" ];
    dosfstools = debs "dosfstools" [ "dosfstools" ];
    e2fsprogs = debs "e2fsprogs" [
      "e2fsprogs"
      "logsave"
    ];
    file = debs "file" [ "file" ];
    findutils = debs "findutils" [ "findutils" ];
    fuse = debs "fuse" [ "fuse3" ];
    fuse3 = programs.fuse;
    gawk = debs "gawk" [ "gawk" ];
    getconf = debs "getconf" [ "libc-bin" ];
    getent = debs "getent" [ "libc-bin" ];
    git = debs "git" [ "git" ];
    glibc = debs "glibc" [
      "libc-bin"
      "libc6"
      "nscd"
    ];
    gnugrep = debs "grep" [ "grep" ];
    gnupg = debs "gpg" [
      "dirmngr"
      "gnupg"
      "gpg"
      "gpg-agent"
      "gpgconf"
    ];
    gnused = debs "sed" [ "sed" ];
    gnutar = debs "tar" [ "tar" ];
    gzip = debs "gzip" [ "gzip" ];
    hostname = debs "hostname" [ "hostname" ];
    hostname-debian = programs.hostname;
    iana-etc = core.runCommand "iana-etc" { } ''
      mkdir -p $out/etc
      cp ${tree}/debian-etc/{protocols,services} $out/etc
    '';
    inetutils = programs.hostname;
    iproute2 = debs "ip" [ "iproute2" ];
    iptables = debsWith "iptables" [ "iptables" ] {
      links = linksTo "sbin/xtables-nft-multi" (
        map (name: "bin/${name}") [
          "ip6tables"
          "ip6tables-restore"
          "ip6tables-save"
          "iptables"
          "iptables-restore"
          "iptables-save"
        ]
      );
    };
    iputils = debs "iputils" [ "iputils-ping" ];
    jq = debs "jq" [ "jq" ];
    kbd = debs "kbd" [ "kbd" ];
    kexec-tools = debs "kexec" [ "kexec-tools" ];
    kmod = debs "kmod" [ "kmod" ];
    kmod-blacklist-ubuntu = core.writeTextDir "modprobe.conf" "";
    kmod-debian-aliases = builtins.toFile "kmod-debian-aliases" "";
    less = debs "less" [ "less" ];
    libcap = debs "libcap" [ "libcap2-bin" ];
    libressl = stub "libressl";
    libxcrypt = stub "libxcrypt" // {
      enabledCryptSchemeIds = [
        "y"
        "gy"
        "7"
        "2b"
        "6"
      ];
    };
    linux-pam = debs "linux-pam" [
      "libpam-modules"
      "libpam-modules-bin"
      "libpam0g"
    ];
    pam = programs.linux-pam;
    lvm2 = debs "lvm2" [
      "dmsetup"
      "lvm2"
    ];
    nano = debs "nano" [ "nano" ];
    ncurses = debs "ncurses" [ "ncurses-bin" ];
    net-tools = programs.nettools;
    netcat = stub "netcat";
    nettools = debs "nettools" [
      "hostname"
      "net-tools"
    ];
    nftables = debs "nft" [
      "libnftables1"
      "nftables"
    ];
    nscd = debs "nscd" [ "nscd" ];
    nsncd = programs.nscd;
    openssh =
      debsWith "openssh"
        [
          "openssh-client"
          "openssh-server"
          "openssh-sftp-server"
        ]
        {
          links = linksTo "lib/openssh/sftp-server" [ "libexec/sftp-server" ];
        };
    openssl = debs "openssl" [ "openssl" ];
    nginx = debs "nginx" [ "nginx" ];
    nodejs = debs "node" [ "nodejs" ];
    patch = debs "patch" [ "patch" ];
    procps = debs "procps" [ "procps" ];
    psmisc = debs "psmisc" [ "psmisc" ];
    qemu-utils =
      debsWith "qemu-utils"
        [
          "qemu-system-common"
          "qemu-utils"
        ]
        {
          links = linksTo "lib/qemu/qemu-bridge-helper" [ "libexec/qemu-bridge-helper" ];
        };
    ripgrep = debs "rg" [ "ripgrep" ];
    rsync = debs "rsync" [ "rsync" ];
    shadow =
      debsWith "shadow"
        [
          "login"
          "login.defs"
          "passwd"
          "uidmap"
        ]
        {
          links = lib.genAttrs [
            "bin/newgrp"
            "bin/sg"
            "bin/su"
          ] (name: "${tree}/${name}");
        };
    socat = debs "socat" [ "socat" ];
    strace = debs "strace" [ "strace" ];
    sudo = debs "sudo" [ "sudo" ];
    tmux = debs "tmux" [ "tmux" ];
    tzdata = debs "tzdata" [ "tzdata" ];
    unzip = debs "unzip" [ "unzip" ];
    util-linux = debs "util-linux" [
      "bsdutils"
      "libblkid1"
      "libmount1"
      "libuuid1"
      "login"
      "mount"
      "util-linux"
      "util-linux-extra"
    ];
    util-linuxMinimal = programs.util-linux;
    which = debs "which" [
      "debianutils"
      "gnu-which"
    ];
    xz = debs "xz" [ "xz-utils" ];
    zsh = debs "zsh" [
      "zsh"
      "zsh-common"
    ];
    zstd = debs "zstd" [ "zstd" ];

    unixtools = {
      inherit (programs) hostname nettools procps;
      column = programs.util-linux;
      getconf = programs.glibc;
      getopt = programs.util-linux;
      ifconfig = programs.nettools;
      killall = programs.psmisc;
      locale = programs.glibc;
      mount = programs.util-linux;
      netstat = programs.nettools;
      ping = programs.iputils;
      ps = programs.procps;
      route = programs.nettools;
      script = programs.util-linux;
      top = programs.procps;
      umount = programs.util-linux;
      xxd = stub "xxd";
    };

    # Programs that only run at build time, where their work is not needed.
    desktop-file-utils = script "update-desktop-database" ":";
    gtk3 = script "gtk-update-icon-cache" ":";
    home-manager = script "home-manager" ":";
    nukeReferences = script "nuke-refs" ":";
    shared-mime-info = script "update-mime-database" ":";
    shellcheck = script "shellcheck" ":";
    shellcheck-minimal = programs.shellcheck;

    prometheus-node-exporter = script "node_exporter" "exec sleep infinity";

    # A substitute for the agent, which prints its environment.
    claude-code = script "claude" ''
      echo "CLAUDE_CONFIG_DIR=$CLAUDE_CONFIG_DIR"
      ls -A "$CLAUDE_CONFIG_DIR"
      if [ -t 0 ]; then
        read -r line
        echo "heard $line in $PWD"
        exec sleep infinity
      fi
    '';
  };
in
programs
