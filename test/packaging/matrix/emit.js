import { emit, render } from "microvm-emit";

const emitted = emit({
  hosts: {
    box: {
      system: "x86_64-linux",
      stateVersion: "26.05",
      user: {
        name: "me",
        uid: 1000,
        gid: 100,
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl3dIeudNqd0DPMRD6OIh65tjkxFNOtGcwWB2gCgXhk"],
      },
      bridges: { br0: { address: "10.0.0.1/24", nat: true } },
      vms: { dev: {} },
    },
  },
});
if (emitted._tag === "Left") throw new Error(emitted.left.map(({ message }) => message).join("\n"));
console.log(render(emitted.right.files).some(({ path }) => path === "flake.nix") ? "emitted" : "no flake.nix");
