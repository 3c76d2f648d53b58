/** The options of `microvm-emit init`, as the command line gives them. */
export interface InitOptions {
  /** False for `--no-into`. */
  readonly into?: string | boolean;
  readonly host?: string;
  readonly user?: string;
  readonly sshKey?: readonly string[];
  readonly stateVersion?: string;
  readonly module?: string;
  readonly release?: string;
  readonly address?: string;
  readonly vm: string;
  readonly agent: string;
  readonly toolchain?: readonly string[];
  readonly yes?: true;
}
