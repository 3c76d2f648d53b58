import { claudeCode, extend, go, type Home, type Vm, zsh } from "microvm-emit";

/** What a project may say of itself. */
export interface ProjectOptions {
  /** Folders of the host that the project reads. */
  readonly datasets?: readonly string[];
  /** All else that its VM needs, over what every project has. */
  readonly more?: Vm;
}

const shell: Home = zsh({ init: ["alias gs='git status'"] });

/** A VM of its own for a Go project, with its own login of the agent. */
export const goProject = (name: string, { datasets = [], more = {} }: ProjectOptions = {}): Vm =>
  extend<Vm>(
    {
      agent: claudeCode({ stateDirectory: `~/agents/${name}` }),
      workspace: `~/src/${name}`,
      toolchains: [go()],
      home: [shell],
      shares: datasets.map((source, position) => ({ tag: `data-${position}`, source, readOnly: true })),
    },
    more,
  );
