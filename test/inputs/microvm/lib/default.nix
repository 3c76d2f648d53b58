# Capabilities of hypervisors, and the runner of a VM as a derivation of its facts.
{ lib }:
let
  inherit (builtins) attrNames elem filter toJSON;

  # As measured on microvm.nix' runners.  Stratovirt's and alioth's virtiofs are in its code, not in its README.
  all = {
    interfaces = [ "user" "tap" "macvtap" "bridge" ];
    shares = [ "9p" "virtiofs" ];
    devices = [ "pci" "usb" ];
    options = [ "balloon" "credentialFiles" "hotplugMem" "initialBalloonMem" "user" "vsock" ];
  };
  supports = {
    qemu = all // { options = [ "balloon" "credentialFiles" "hotplugMem" "user" "vsock" ]; };
    cloud-hypervisor = {
      interfaces = [ "tap" "macvtap" ];
      shares = [ "virtiofs" ];
      devices = [ "pci" ];
      options = [ "balloon" "hotplugMem" "initialBalloonMem" "vsock" ];
    };
    firecracker = { interfaces = [ "tap" ]; shares = [ ]; devices = [ ]; options = [ "vsock" ]; };
    crosvm = { interfaces = [ "tap" "macvtap" ]; shares = all.shares; devices = [ "pci" ]; options = [ "balloon" "vsock" ]; };
    kvmtool = { interfaces = [ "user" "tap" "macvtap" ]; shares = [ "9p" ]; devices = [ ]; options = [ "balloon" "vsock" ]; };
    stratovirt = { interfaces = all.interfaces; shares = [ "virtiofs" ]; devices = [ "usb" ]; options = [ "user" "vsock" ]; };
    alioth = { interfaces = [ "tap" ]; shares = [ "virtiofs" ]; devices = [ ]; options = [ "vsock" ]; };
    vfkit = { interfaces = [ "user" ]; shares = [ "virtiofs" ]; devices = [ ]; options = [ ]; };
  };

  used = vm:
    map (i: { kind = "interfaces"; name = i.type; say = "interface type ${i.type}"; }) vm.interfaces
    ++ map (s: { kind = "shares"; name = s.proto; say = "${s.proto} share ${s.tag}"; }) vm.shares
    ++ map (d: { kind = "devices"; name = d.bus; say = "${d.bus} device ${d.path}"; }) vm.devices
    ++ map (name: { kind = "options"; inherit name; say = "microvm.${name}"; }) (filter (name: {
      inherit (vm) balloon;
      credentialFiles = vm.credentialFiles != { };
      hotplugMem = vm.hotplugMem != 0;
      initialBalloonMem = vm.initialBalloonMem != 0;
      user = vm.user != null;
      vsock = vm.vsock.cid != null;
    }.${name}) all.options);

  refused = vm: filter (u: !elem u.name supports.${vm.hypervisor}.${u.kind}) (used vm);

  checked = vm: facts:
    if refused vm != [ ] then throw "${vm.hypervisor} does not support: ${lib.concatMapStringsSep ", " (u: u.say) (refused vm)}"
    else if vm.hypervisor == "firecracker" && vm.socket == null then throw "firecracker needs microvm.socket"
    else facts;

  sized = volume:
    if volume.autoCreate && !elem volume.fsType [ "ext2" "ext3" "ext4" "xfs" "btrfs" "vfat" ]
    then throw "cannot create a volume of type ${volume.fsType}"
    else {
      inherit (volume) direct fsType image imageType label mkfsExtraArgs mountPoint readOnly serial;
      size = if volume.autoCreate then volume.size else null;
    };

  warned = vm:
    lib.warnIf (vm.hypervisor == "qemu" && vm.mem == 2048) "MicroVM ${vm.hostName}: qemu hangs with exactly 2048 MB of RAM."
      (lib.warnIf (vm.hypervisor == "cloud-hypervisor" && vm.vsock.cid == null)
        "MicroVM ${vm.hostName}: cloud-hypervisor tells of its readiness only with microvm.vsock.cid."
        vm);
in
rec {
  hypervisors = attrNames supports;
  hypervisorsWithNetwork = hypervisors;
  defaultFsType = "ext4";

  # `facts` is for tests: the settings of the VM's process.
  buildRunner = { pkgs, microvmConfig, toplevel }:
    let
      vm = microvmConfig;
      facts = {
        inherit (vm)
          balloon binScripts cpu credentialFiles deflateOnOOM devices extraArgsScript forwardPorts hostName hotplugMem
          hotpluggedMem hugepageMem hypervisor initialBalloonMem kernelParams machineId mem preStart shares socket user vcpu;
        package = toString vm.${vm.hypervisor}.package;
        extraArgs = vm.${vm.hypervisor}.extraArgs or [ ];
        cid = vm.vsock.cid;
        interfaces = map
          (i: { inherit (i) id mac type bridge tap; } // lib.optionalAttrs (i.type == "macvtap") { inherit (i) macvtap; })
          vm.interfaces;
        volumes = map sized vm.volumes;
        toplevel = toString toplevel;
      };
      passthru = {
        inherit (vm) hypervisor machineId registerWithMachined;
        supportsNotifySocket = vm.hypervisor == "cloud-hypervisor" && vm.vsock.cid != null;
        tapMultiQueue = elem vm.hypervisor [ "qemu" "cloud-hypervisor" "stratovirt" ] && vm.vcpu > 1;
      };
    in
    derivation
      {
        name = "microvm-${vm.hypervisor}-${vm.hostName}";
        system = pkgs.stdenv.hostPlatform.system;
        builder = "/bin/sh";
        facts = toJSON (checked (warned vm) facts);
      } // passthru // {
      inherit facts passthru;
      meta.mainProgram = "microvm-run";
    };
}
