# The options of a guest, as microvm.nix declares them.
{ config, lib, pkgs, ... }:
let
  inherit (lib) types;
  inherit (types) attrsOf either enum int lines listOf nonEmptyStr nullOr package path port str submodule;
  inherit (types.ints) positive unsigned;
  inherit (lib.declare) flag many maybe named option required;

  cfg = config.microvm;
  inherit (config.networking) hostName;
  records = options: many (submodule { inherit options; });
  vmm = name: { package = option package cfg.vmHostPackages.${name}; extraArgs = many str; };

  # A UUID made of the host name, so that it is stable.
  machineId =
    let
      hash = builtins.hashString "sha256" "microvm.nix:${hostName}";
      at = from: length: builtins.substring from length hash;
    in
    lib.concatStringsSep "-" [ (at 0 8) (at 8 4) (at 12 4) (at 16 4) (at 20 12) ];

  share = submodule ({ config, ... }: {
    options = {
      cache = option (enum [ "auto" "always" "metadata" "never" ]) "auto";
      extraArgs = many str;
      mountPoint = required path;
      posixAcl = flag true;
      proto = option (enum [ "9p" "virtiofs" ]) "9p";
      readOnly = flag false;
      securityModel = option (enum [ "passthrough" "none" "mapped" "mapped-file" ]) "none";
      socket = option (nullOr str) (if config.proto == "virtiofs" then "${hostName}-virtiofs-${config.tag}.sock" else null);
      source = required nonEmptyStr;
      tag = required str;
    };
  });
in
{
  options.microvm = {
    alioth.package = option package cfg.vmHostPackages.alioth;
    balloon = flag false;
    binScripts = named lines;
    cloud-hypervisor = {
      extraArgs = many str;
      package = option package (if cfg.graphics.enable then cfg.vmHostPackages.cloud-hypervisor-graphics else cfg.vmHostPackages.cloud-hypervisor);
      platformOEMStrings = many str;
    };
    cpu = maybe str;
    credentialFiles = named path;
    crosvm = vmm "crosvm" // { pivotRoot = maybe str; };
    declaredRunner = option package cfg.runner.${cfg.hypervisor};
    deflateOnOOM = flag true;
    deploy = { installOnHost = option package pkgs.hello; rebuild = maybe package; sshSwitch = maybe package; };
    devices = records {
      bus = required (enum [ "pci" "usb" ]);
      path = required str;
      qemu = { bus = maybe str; deviceExtraArgs = maybe str; id = maybe str; };
    };
    extraArgsScript = maybe str;
    firecracker = vmm "firecracker" // {
      cpu = maybe types.attrs;
      driveIoEngine = option (enum [ "Async" "Sync" ]) "Async";
      extraConfig = option (submodule { freeformType = types.json; }) { };
    };
    forwardPorts = records {
      from = option (enum [ "host" "guest" ]) "host";
      guest = { address = option str ""; port = required port; };
      host = { address = option str ""; port = required port; };
      proto = option (enum [ "tcp" "udp" ]) "tcp";
    };
    graphics = {
      backend = option (enum [ "gtk" "cocoa" "headless" ]) "gtk";
      crosvmPackage = option package pkgs.crosvm;
      enable = flag false;
      hostmem = option str "256M";
      socket = option str "vm-gpu.sock";
      vulkan = maybe (enum [ "venus" "drm_native_context" ]);
    };
    guest.enable = flag true;
    hotplugMem = option unsigned 0;
    hotpluggedMem = option unsigned cfg.hotplugMem;
    hugepageMem = flag false;
    hypervisor = option (enum [ "qemu" "cloud-hypervisor" "firecracker" "crosvm" "kvmtool" "stratovirt" "alioth" "vfkit" ]) "qemu";
    initialBalloonMem = option unsigned 0;
    initrdPath = option path "${pkgs.linux}/initrd";
    interfaces = records {
      bridge = maybe str;
      id = required str;
      mac = required str;
      macvtap = {
        link = required str;
        mode = required (enum [ "private" "vepa" "bridge" "passthru" "source" ]);
      };
      tap.vhost = flag false;
      type = required (enum [ "user" "tap" "macvtap" "bridge" ]);
    };
    kernel = option package config.boot.kernelPackages.kernel;
    kernelParams = many str;
    kvmtool.package = option package cfg.vmHostPackages.kvmtool;
    machineId = option (nullOr str) machineId;
    mem = option positive 512;
    optimize.enable = flag true;
    preStart = option lines "";
    prettyProcnames = flag true;
    qemu = {
      extraArgs = many str;
      machine = required str;
      machineOpts = maybe (attrsOf str);
      package = option package (if cfg.cpu == null then cfg.vmHostPackages.qemu_kvm else cfg.vmHostPackages.qemu);
      pcieRootPorts = records { addr = maybe str; bus = maybe str; chassis = maybe int; id = required str; slot = maybe str; };
      serialConsole = flag true;
    };
    registerClosure = flag cfg.guest.enable;
    registerWithMachined = flag false;
    runner = named package;
    shares = many share;
    socket = option (nullOr str) "${hostName}.sock";
    storeDiskErofsFlags = option (listOf str) [ "-zlz4hc" "-Eztailpacking" "-Efragments" ];
    storeDiskSquashfsFlags = option (listOf str) [ "-c" "zstd" "-j" "$NIX_BUILD_CORES" ];
    storeDiskType = option (enum [ "squashfs" "erofs" ]) "erofs";
    storeOnDisk = flag (!lib.any (s: s.source == "/nix/store") cfg.shares);
    stratovirt.package = option package cfg.vmHostPackages.stratovirt;
    systemSymlink = flag (!cfg.storeOnDisk);
    user = maybe str;
    vcpu = option positive 1;
    vfkit = vmm "vfkit" // {
      logLevel = option (nullOr (enum [ "debug" "info" "error" ])) "info";
      rosetta = { enable = flag false; ignoreIfMissing = flag false; install = flag false; };
    };
    virtiofsd = {
      extraArgs = many str;
      group = option (nullOr str) "kvm";
      inodeFileHandles = option (nullOr (enum [ "never" "prefer" "mandatory" ])) "prefer";
      package = option package cfg.vmHostPackages.virtiofsd;
      threadPoolSize = option (either str unsigned) "`nproc`";
    };
    vmHostPackages = option types.pkgs (if cfg.cpu == null then pkgs else pkgs.buildPackages);
    volumes = records {
      autoCreate = flag true;
      direct = flag false;
      fsType = option str "ext4";
      image = required str;
      imageType = option (enum [ "raw" "qcow2" "vhd" "vhdx" ]) "raw";
      label = maybe str;
      mkfsExtraArgs = many str;
      mountPoint = required (nullOr path);
      readOnly = flag false;
      serial = maybe str;
      size = required int;
    };
    vsock = { cid = maybe int; ssh.enable = flag false; };
    writableStoreOverlay = maybe str;
  };

  config.microvm.qemu.machine = lib.mkDefault (if pkgs.stdenv.hostPlatform.isx86_64 then "microvm" else "virt");
}
