import { clip, didYouMean } from "@microvm-emit/model/internal";
import type { Rows } from "./row.js";

/** Failures of commands for running VMs. */
export const vmFailures = {
  /**
   * A program is missing
   *
   * microvm-emit calls `ssh`, `scp`, `git`, `systemctl`, `journalctl` and `sudo`. One of them is not on the PATH.
   */
  "program-missing": {
    exitCode: 2,
    words: ({ program }) => ({
      message: `\`${program}\` is not on the PATH.`,
      remedy: `Install it, or run the command on the host.`,
    }),
  },
  /**
   * Folder for ssh connections is unusable
   *
   * Commands on VMs share ssh connections through sockets in `$XDG_RUNTIME_DIR/microvm-emit`, or without that variable
   * in `microvm-emit-UID` of the temporary directory. Other users must not be able to use the folder.
   */
  "runtime-unusable": {
    exitCode: 2,
    words: ({ folder, cause }) => ({
      subject: folder,
      message: `The folder for ssh connections cannot be used: ${cause}.`,
      remedy: "Set XDG_RUNTIME_DIR to a folder that only you can use.",
    }),
  },
  /**
   * ssh cannot reach the host
   *
   * The VMs are on another machine, and ssh cannot log in there. By default, ssh connects to the host's name in the
   * config; your `~/.ssh/config` can set its address.
   */
  "host-unreachable": {
    exitCode: 2,
    words: ({ host, destination, cause }) => ({
      subject: host,
      message: `ssh ${destination} failed.`,
      remedy: `Make \`ssh ${destination}\` work, or name the machine with --host-ssh USER@MACHINE.`,
      ...(cause === "" ? {} : { details: cause.split("\n") }),
    }),
  },
  /**
   * A switched host does not answer
   *
   * `deploy` switches hosts one after the other and opens a new SSH connection to each. A host that refuses it may have
   * lost its network or its login, so `deploy` does not change the other hosts. On the console of the host,
   * `nixos-rebuild switch --rollback` restores the previous generation.
   */
  "host-not-back": {
    exitCode: 2,
    words: ({ host, seconds }) => ({
      subject: host,
      message: `After its switch, the host accepts no new SSH connection in ${seconds} s. No further host was switched.`,
      remedy: "On the console of the host, run `nixos-rebuild switch --rollback`. Then fix its network or login.",
    }),
  },
  /**
   * Unknown VM
   *
   * No VM of the host or of the config has this name. `microvm-emit status` lists the VMs.
   */
  "vm-unknown": {
    exitCode: 1,
    words: ({ vm, host, known }) => ({
      message:
        host === undefined
          ? `No host of the config has a VM ${JSON.stringify(clip(vm))}.`
          : `${host} has no VM ${JSON.stringify(clip(vm))}.`,
      remedy: known.length === 0 ? "Add it to the config and deploy the host." : didYouMean(vm, known),
    }),
  },
  /**
   * Several hosts have the VM
   *
   * Several hosts of the config have a VM of this name. Select the machine with `--host-ssh`.
   */
  "vm-ambiguous": {
    exitCode: 1,
    words: ({ vm, hosts }) => ({
      message: `Several hosts have a VM ${vm}: ${hosts.join(", ")}.`,
      remedy: "Name the machine with --host-ssh USER@MACHINE.",
    }),
  },
  /**
   * VM is not deployed
   *
   * The VM is in the config, but not yet on its host. Run `nixos-rebuild switch` there first.
   */
  "vm-not-deployed": {
    exitCode: 1,
    words: ({ vm, host, switch: command }) => ({
      subject: vm,
      message: `The host ${host} does not have this VM yet.`,
      remedy: `Deploy the host: ${command}`,
    }),
  },
  /**
   * Address of the VM is unknown
   *
   * Commands connect to the first address of the VM. If all interfaces of a VM use DHCP, its addresses are unknown. A
   * host that was deployed by an older version may not list its VMs in `/etc/microvm/vms.json`: deploy it again.
   */
  "vm-without-address": {
    exitCode: 1,
    words: ({ vm, host }) => ({
      subject: vm,
      message: `The address of this VM is unknown on ${host}: it has no fixed one, or its deployment is older than this command.`,
      remedy: "Give the VM an address in the config and deploy the host.",
    }),
  },
  /**
   * VM has no agent
   *
   * `microvm-emit agent` starts the agent of a VM, but the VM has no `agent` in the config.
   */
  "vm-without-agent": {
    exitCode: 1,
    words: ({ vm }) => ({
      subject: vm,
      message: "This VM has no agent.",
      remedy: "Set `agent` in the config, or use `microvm-emit ssh`.",
    }),
  },
  /**
   * VM has no workspace
   *
   * `push`, `fetch`, `review` and `merge` exchange commits with the repository in the workspace of a VM, and the VM has
   * `workspace: false`.
   */
  "vm-without-workspace": {
    exitCode: 1,
    words: ({ vm }) => ({
      subject: vm,
      message: "This VM has no workspace.",
      remedy: 'Set `workspace: { repo: "~/src/project" }` in the config and deploy the host.',
    }),
  },
  /**
   * No clone to work with
   *
   * `push`, `fetch`, `review` and `merge` run Git in your own clone of the repository, on your machine. The clone is
   * the folder in `--repo`, otherwise `workspace.repo` in the config, otherwise the current directory. Git found no
   * repository there, or a repository of another user.
   */
  "clone-missing": {
    exitCode: 1,
    words: ({ vm, folder }) => ({
      subject: vm,
      message: `${folder} is not in a Git repository of yours.`,
      remedy: "Clone the repository there, or name your clone with --repo.",
    }),
  },
  /**
   * Unknown branch
   *
   * `push` sends a branch of your clone. `review` and `merge` take a branch of the VM: by default the one with the name of
   * your current branch, or the only one. The branches of the VM are those from the last `microvm-emit fetch`.
   */
  "branch-missing": {
    exitCode: 1,
    words: ({ vm, branch, known }) => ({
      subject: vm,
      message:
        branch === undefined
          ? known.length === 0
            ? "The VM has no branch."
            : "The VM has several branches, and none has the name of your current branch."
          : `There is no branch ${JSON.stringify(clip(branch))}.`,
      remedy:
        known.length === 0
          ? `Commit in the VM, then run \`microvm-emit fetch ${vm}\`.`
          : `Use one of: ${known.slice(0, 20).join(", ")}.`,
    }),
  },
  /**
   * The branch is too large to review
   *
   * A review reads the list of files and the changed files up to 128 MiB. An agent can make a small repository that
   * unpacks to more (a Git bomb).
   */
  "branch-too-large": {
    exitCode: 1,
    words: ({ branch }) => ({
      subject: branch,
      message: "The branch is too large to review.",
      remedy: "Ask for smaller branches. Do not check this one out.",
    }),
  },
  /**
   * The VM refused the branch
   *
   * Git in the guest accepts a branch that adds commits to its own. It refuses a branch that lacks commits of the agent, and
   * the checked-out branch while the agent has uncommitted changes.
   */
  "push-refused": {
    exitCode: 1,
    words: ({ vm, branch, cause }) => ({
      subject: vm,
      message: `The VM refused the branch ${branch}: ${cause}.`,
      remedy: `Merge the agent's commits first: microvm-emit fetch ${vm} && microvm-emit merge ${vm}.`,
    }),
  },
  /**
   * The review has findings
   *
   * The branch adds or changes files that run automatically or mislead, such as Git hooks, `.envrc` or symlinks out of the
   * tree. `microvm-emit review` shows [all kinds](../../../docs/workspaces.md#review). Read these files before you
   * merge with `--accept`. If you open them in an editor, do not let it trust the folder.
   */
  "review-has-findings": {
    exitCode: 1,
    words: ({ vm, branch, findings }) => ({
      subject: branch,
      message: `The review of the branch has ${String(findings.length)} ${findings.length === 1 ? "finding" : "findings"}. Nothing was merged.`,
      remedy: `Read them, then run \`microvm-emit merge ${vm} --accept\`.`,
      details: findings.slice(0, 20),
    }),
  },
  /**
   * The merge stopped
   *
   * Git could not merge the branch automatically. With conflicts, your clone is in the middle of the merge: resolve and
   * commit them, or undo everything with `git merge --abort`.
   */
  "merge-stopped": {
    exitCode: 1,
    words: ({ clone, branch, cause }) => ({
      subject: clone,
      message: `Git cannot merge ${branch} automatically.`,
      remedy: "Resolve the conflicts and commit, or run `git merge --abort`.",
      ...(cause === "" ? {} : { details: cause.split("\n") }),
    }),
  },
  /**
   * Git failed
   *
   * microvm-emit ran Git in your clone, and Git failed. A fetch fails if an object of the guest is malformed: microvm-emit sets
   * `fetch.fsckObjects`. The report shows the output of Git.
   */
  "git-failed": {
    exitCode: 1,
    words: ({ folder, command, cause }) => ({
      subject: folder,
      message: `\`${command}\` failed.`,
      remedy: "Fix the cause and run the command again.",
      ...(cause === "" ? {} : { details: cause.split("\n") }),
    }),
  },
  /**
   * VM took too long
   *
   * Git did not finish in the time of `--timeout`. A VM that sends nothing, or data without end, would otherwise stall
   * the command. Your branches and files are unchanged.
   */
  "vm-timed-out": {
    exitCode: 1,
    words: ({ vm, seconds }) => ({
      subject: vm,
      message: `Git in the VM did not finish within ${String(seconds)} s.`,
      remedy: `Check the VM with \`microvm-emit exec ${vm} -- git status\`, or set a longer --timeout.`,
    }),
  },
  /**
   * VM is not running
   *
   * The command needs a running VM.
   */
  "vm-stopped": {
    exitCode: 1,
    words: ({ vm, host, state }) => ({
      subject: vm,
      message: `The VM is ${state} on ${host}.`,
      remedy: `Run \`microvm-emit up ${vm}\`.`,
    }),
  },
  /**
   * VM did not start
   *
   * A unit of the VM failed, or its SSH server did not answer in time. The report has the last lines of the unit in
   * the journal.
   */
  "vm-not-started": {
    exitCode: 1,
    words: ({ vm, host, unit, reason, journal }) => ({
      subject: vm,
      message: `The VM is not running on ${host}: ${unit} ${reason}.`,
      remedy: `Fix the cause and run \`microvm-emit up ${vm}\` again. \`microvm-emit logs ${vm}\` shows more.`,
      ...(journal.length === 0 ? {} : { details: journal }),
    }),
  },
  /**
   * SSH host key is unknown
   *
   * The host makes the SSH host key of a guest and publishes its public part in `/run/microvm-known-hosts` when the VM
   * starts. ssh accepts no other key. With `sshHostKeys: false`, the guest makes a new key, which cannot be verified.
   */
  "host-key-unknown": {
    exitCode: 1,
    words: ({ vm, host, isKept }) => ({
      subject: vm,
      message: isKept
        ? `The SSH host key of this VM is unknown on ${host}.`
        : "The guest makes its own SSH host key, which cannot be verified.",
      remedy: isKept
        ? `Restart the VM: \`microvm-emit restart ${vm}\`.`
        : "Remove `sshHostKeys: false` from the config and deploy the host.",
    }),
  },
  /**
   * A command failed
   *
   * microvm-emit ran a program on the host, and the program failed. The report shows its output.
   */
  "command-failed": {
    exitCode: 1,
    words: ({ host, command, cause }) => ({
      subject: host,
      message: `\`${command}\` failed.`,
      remedy: "Fix the cause and run the command again.",
      ...(cause === "" ? {} : { details: cause.split("\n") }),
    }),
  },
  /**
   * The snapshot exists
   *
   * The VM has a snapshot with this name. `snapshot` never replaces one.
   *
   * ```bash
   * microvm-emit snapshot projectvm --list
   * microvm-emit snapshot projectvm before-upgrade --delete
   * ```
   */
  "snapshot-exists": {
    exitCode: 1,
    words: ({ vm, label }) => ({
      subject: vm,
      message: `There is a snapshot ${label} already.`,
      remedy: `Choose another name, or delete it: \`microvm-emit snapshot ${vm} ${label} --delete\`.`,
    }),
  },
  /**
   * No such snapshot
   *
   * The VM has no snapshot with this name. Snapshots are in `.snapshots` in the folder of the VM
   * (`/var/lib/microvms/NAME`), and `reset` keeps them.
   */
  "snapshot-unknown": {
    exitCode: 1,
    words: ({ vm, label, known }) => ({
      subject: vm,
      message: `There is no snapshot ${label}.`,
      remedy:
        known.length === 0 ? `Make one: \`microvm-emit snapshot ${vm}\`.` : `Choose one of these: ${known.join(", ")}.`,
    }),
  },
  /**
   * The folder of snapshots is not root's
   *
   * `snapshot` creates `.snapshots` in the folder of the VM as root, so that the hypervisor cannot change snapshots. Here,
   * `.snapshots` belongs to another user or is a symbolic link. Only the hypervisor of the VM, or root, can have created
   * it: a guest may have escaped from its hypervisor.
   *
   * - Look at it and at the journal of the VM before you start the VM again.
   * - Move it away. The next `snapshot` creates the folder.
   */
  "snapshots-untrusted": {
    exitCode: 1,
    words: ({ folder, host }) => ({
      subject: host,
      message: `${folder} is not a folder of root. The hypervisor of the VM may have created it.`,
      remedy: `Look at it and move it away: \`sudo ls -la ${folder}\`.`,
    }),
  },
  /**
   * The VM is running
   *
   * A VM that left the configuration still runs. `gc --delete` removes no disk of a running VM: stop the VM first.
   * Nothing was removed, not even folders of the other VMs on the command line.
   *
   * ```bash
   * sudo systemctl stop microvm@NAME
   * ```
   */
  "leftover-in-use": {
    exitCode: 1,
    words: ({ vms }) => ({
      message: `VMs that left the config are running: ${vms.join(", ")}. Nothing was removed.`,
      remedy: `Stop them first: sudo systemctl stop ${vms.map((vm) => `microvm@${vm}`).join(" ")}.`,
    }),
  },
  /**
   * A folder cannot be removed
   *
   * `gc --delete` could not remove a folder of a VM, or a part of it. Folders before it in the report were removed.
   *
   * - Root owns the state and the host keys: run the command as root, with the path of the config in `-c`.
   * - `gc` does not remove a file system that is mounted in the folder. Unmount it first.
   * - A folder on the path that became a symbolic link is an error, since the link could lead anywhere.
   */
  "leftover-not-removed": {
    exitCode: 1,
    words: ({ folder, cause }) => ({
      subject: folder,
      message: `The folder cannot be removed: ${cause}.`,
      remedy: "Run the command as root. Unmount file systems below the folder first.",
    }),
  },
} satisfies Partial<Rows>;
