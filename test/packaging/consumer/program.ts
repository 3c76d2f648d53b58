import { claudeCode, defineConfig, emit, render, zsh } from "microvm-emit";

const config = defineConfig({
  hosts: {
    box: {
      system: "x86_64-linux",
      stateVersion: "25.11",
      user: { name: "me", uid: 1000, gid: 100 },
      bridges: { br0: { address: "10.0.0.1/24", nat: true } },
      vms: { dev: { agent: claudeCode(), home: [zsh()] } },
    },
  },
});

const emitted = emit(config);
if (emitted._tag === "Left") throw new Error(emitted.left.map(({ message }) => message).join("\n"));
for (const { path, text } of render(emitted.right.files)) console.log(path, text.length);
