import { claudeCode, extend, type Home, type Vm, zsh } from "microvm-emit";

/** Options of a project. */
export interface ProjectOptions {
  /** Folders of the host that the project reads. */
  readonly datasets?: readonly string[];
  /** More settings of its VM, merged into those of every project. */
  readonly more?: Vm;
}

const shell: Home = zsh({ init: ["alias gs='git status'"] });

/** A VM for a Go project, with a separate login of the agent. */
export const goProject = (name: string, { datasets = [], more = {} }: ProjectOptions = {}): Vm =>
  extend<Vm>(
    {
      agent: claudeCode({ stateDirectory: `~/agents/${name}` }),
      workspace: `~/src/${name}`,
      toolchains: ["go"],
      home: [shell],
      shares: datasets.map((source, position) => ({ tag: `data-${position}`, source, readOnly: true })),
    },
    more,
  );
