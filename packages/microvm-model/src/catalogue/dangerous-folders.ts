import { agents } from "./agents.js";
import { asMounted, placesOf } from "../common/as-mounted.js";
import { type FolderIndex, indexFolders } from "../common/folder-index.js";

/** Folders that no guest may read or change without a reason. */
export interface DangerousFolder {
  /** The content, as in "the host's …" or "alice's …". */
  readonly what: string;
  /** Folders and files of the host; those below a home as `~/…`. */
  readonly paths: readonly string[];
  /** True if folders inside are dangerous too; otherwise only these folders and those above them. */
  readonly within: boolean;
  /** True if only writing is dangerous, because every user of the host can read the content. */
  readonly readable?: true;
  /** A setting whose share may be in these folders. */
  readonly setting?: string;
  /** A better way than a share. */
  readonly instead?: string;
}

/** The folders of agents' logins outside VMs. */
const agentFolders = Object.values(agents).flatMap(({ state }) => [
  ...("mountPoint" in state ? [state.mountPoint] : []),
  ...("links" in state ? Object.keys(state.links) : []),
]);

const system: readonly DangerousFolder[] = [
  { what: "homes", paths: ["/", "/home"], within: false },
  { what: "data of all services", paths: ["/var", "/var/lib", "/var/log", "/var/spool"], within: false },
  {
    what: "data of a service",
    paths: [
      ...["couchdb", "dovecot", "forgejo", "gitea", "gitlab", "grafana", "hass", "hydra", "immich", "jellyfin"],
      ...["mongodb", "mysql", "nextcloud", "paperless", "postfix", "postgresql", "prometheus2", "redis", "samba"],
      ...["syncthing", "wireguard"],
    ].map((service) => `/var/lib/${service}`),
    within: false,
  },
  { what: "mounted disks", paths: ["/media", "/mnt", "/run/media"], within: false },
  { what: "sockets and secrets of services", paths: ["/run"], within: false },
  { what: "temporary files of all users", paths: ["/tmp", "/var/tmp"], within: false },
  { what: "configuration, password hashes and keys", paths: ["/etc"], within: true },
  { what: "administrator's home", paths: ["/root"], within: true },
  { what: "boot loader and kernels", paths: ["/boot", "/efi"], within: true },
  { what: "devices, processes and kernel", paths: ["/dev", "/proc", "/sys"], within: true },
  { what: "programs", paths: ["/bin", "/lib", "/lib64", "/sbin", "/usr"], within: true, readable: true },
  { what: "Nix profiles, database and daemon", paths: ["/nix/var"], within: true, readable: true },
  { what: "setuid programs", paths: ["/run/wrappers"], within: true },
  {
    what: "control sockets",
    paths: [
      ...["/run/containerd", "/run/crio", "/run/docker", "/run/docker.sock", "/run/podman"],
      ...["/run/incus", "/run/libvirt", "/run/lxd", "/run/dbus", "/run/systemd", "/run/user"],
    ],
    within: true,
  },
  {
    what: "commands that run automatically",
    paths: ["/var/spool/cron", "/var/spool/at"],
    within: true,
  },
  {
    what: "firewall rules",
    // nftables.service of NixOS loads the latter too.
    paths: ["/run/microvm-policy", "/var/lib/nftables"],
    within: true,
    readable: true,
  },
  {
    what: "containers and virtual machines",
    paths: [
      ...["/var/lib/containerd", "/var/lib/containers", "/var/lib/docker", "/var/lib/incus", "/var/lib/libvirt"],
      ...["/var/lib/lxd", "/var/lib/machines", "/var/lib/nixos-containers"],
    ],
    within: true,
  },
  {
    what: "keys and logins of services",
    paths: [
      ...["/var/lib/acme", "/var/lib/bluetooth", "/var/lib/iwd", "/var/lib/NetworkManager", "/var/lib/private"],
      ...["/var/lib/bitwarden_rs", "/var/lib/etcd", "/var/lib/kubernetes", "/var/lib/kubelet", "/var/lib/rancher"],
      ...["/var/lib/sops-nix", "/var/lib/step-ca", "/var/lib/systemd", "/var/lib/tailscale", "/var/lib/vault"],
      ...["/var/lib/vaultwarden"],
    ],
    within: true,
  },
  {
    what: "secrets",
    paths: [
      ...["/run/agenix", "/run/agenix.d", "/run/credentials", "/run/keys", "/run/secrets", "/run/secrets.d"],
      ...["/run/secrets-for-users", "/run/secrets-for-users.d"],
    ],
    within: true,
    instead: "List the VM's secrets in `secrets`",
  },
  {
    what: "secrets of all VMs",
    paths: ["/run/microvm-secrets"],
    within: true,
    setting: "secrets",
    instead: "List the VM's secrets in `secrets`",
  },
  { what: "SSH host keys of all VMs", paths: ["/var/lib/microvm-host-keys"], within: true, setting: "sshHostKeys" },
];

const ofUser: readonly DangerousFolder[] = [
  { what: "whole home", paths: ["~"], within: false },
  {
    what: "SSH keys",
    paths: ["~/.ssh"],
    within: true,
    instead: "Give the VM its own key in `secrets`, such as a deploy key",
  },
  { what: "GnuPG keys", paths: ["~/.gnupg"], within: true },
  {
    what: "browser profiles and logins",
    paths: [
      ...["~/.mozilla", "~/.config/mozilla", "~/.librewolf", "~/.config/librewolf", "~/.zen"],
      ...["~/.config/google-chrome", "~/.config/google-chrome-beta", "~/.config/google-chrome-unstable"],
      ...["~/.config/chromium", "~/.config/BraveSoftware", "~/.config/microsoft-edge", "~/.config/vivaldi"],
      ...["~/.config/opera", "~/snap", "~/.var/app"],
    ],
    within: true,
  },
  {
    what: "passwords",
    paths: [
      ...["~/.password-store", "~/.local/share/password-store", "~/.local/share/gopass", "~/.config/gopass"],
      ...["~/.local/share/keyrings", "~/.local/share/kwalletd", "~/.config/Bitwarden", "~/.config/Bitwarden CLI"],
      ...["~/.config/1Password", "~/.config/op", "~/.config/keepassxc", "~/.cache/keepassxc", "~/.keepass"],
      ...["~/.config/KeePass", "~/.local/share/KeePass", "~/.config/rbw", "~/.cache/rbw", "~/.local/share/rbw"],
    ],
    within: true,
  },
  {
    what: "keys and tokens of clouds, forges and registries",
    paths: [
      ...["~/.aws", "~/.azure", "~/.config/gcloud", "~/.oci", "~/.kube", "~/.config/doctl", "~/.config/hcloud"],
      ...["~/.fly", "~/.config/heroku", "~/.terraform.d", "~/.config/rclone", "~/.vault-token"],
      ...["~/.docker", "~/.config/containers/auth.json"],
      ...["~/.config/gh", "~/.config/glab-cli", "~/.config/hub", "~/.config/tea", "~/.config/github-copilot"],
      ...["~/.git-credentials", "~/.config/git/credentials", "~/.netrc", "~/.pgpass", "~/.my.cnf"],
      ...["~/.npmrc", "~/.yarnrc.yml", "~/.pypirc", "~/.cargo/credentials.toml", "~/.cargo/credentials"],
      ...["~/.gem/credentials", "~/.m2/settings.xml", "~/.gradle/gradle.properties", "~/.config/nix"],
      ...["~/.config/sops", "~/.config/age"],
    ],
    within: true,
  },
  {
    what: "mail and messages",
    paths: [
      ...["~/.thunderbird", "~/.config/evolution", "~/.local/share/evolution", "~/.mail", "~/Mail", "~/Maildir"],
      ...["~/.config/Signal", "~/.config/Slack", "~/.config/discord", "~/.config/Element"],
    ],
    within: true,
  },
  {
    what: "logins, hooks and tools of agents",
    paths: ["~/.claude.json", "~/.config/claude", "~/.cursor", "~/.kiro", ...agentFolders],
    within: true,
  },
  {
    what: "shell histories",
    paths: ["~/.bash_history", "~/.zsh_history", "~/.local/share/fish", "~/.histfile", "~/.python_history"],
    within: true,
  },
  { what: "wallets", paths: ["~/.bitcoin", "~/.electrum", "~/.ethereum", "~/.monero"], within: true },
  {
    what: "programs that start automatically",
    paths: [
      ...["~/.bashrc", "~/.bash_profile", "~/.profile", "~/.zshrc", "~/.zshenv", "~/.zprofile", "~/.config/fish"],
      ...["~/.zlogin", "~/.zlogout", "~/.config/zsh", "~/.oh-my-zsh", "~/.xprofile", "~/.xinitrc"],
      ...["~/.config/autostart", "~/.config/environment.d", "~/.config/systemd", "~/.local/bin", "~/bin"],
      ...["~/.config/direnv", "~/.config/git", "~/.gitconfig", "~/.config/home-manager", "~/.nix-profile"],
      ...["~/.cargo/bin", "~/.local/share/applications", "~/.config/hypr", "~/.config/i3", "~/.config/sway"],
      ...["~/.config/nixpkgs", "~/.nix-defexpr", "~/.direnvrc", "~/.envrc", "~/.config/tmux", "~/.tmux.conf"],
      ...["~/.npm-global", "~/.nvm", "~/.pyenv", "~/.rustup", "~/go/bin", "~/.vscode-server", "~/.screenrc"],
      ...["~/.dotfiles", "~/dotfiles", "~/.emacs", "~/.emacs.d", "~/.vim", "~/.vimrc", "~/.config/nvim"],
      ...["~/.config/Code", "~/.vscode"],
    ],
    within: true,
    readable: true,
  },
];

/** A home of the host. */
interface Home {
  readonly user: string;
  readonly directory: string;
}

/** The danger of a folder, in words; null for none. */
export interface Danger {
  /** Continues a sentence about the folder: `contains …`. */
  readonly how: string;
  readonly instead: string | null;
}

interface Shared {
  readonly source: string;
  readonly readOnly: boolean;
  /** The setting that the share belongs to; undefined for an entry of `shares`. */
  readonly setting: string | undefined;
}

/**
 * Returns a function that finds the most specific danger of a share. `stateDirectory` is the folder of the VMs'
 * folders.
 */
export const dangersOf = (
  home: Home,
  stateDirectory: string,
  realPath: (path: string) => string = (path) => path,
): ((share: Shared) => Danger | null) => {
  const homes = placesOf(home.directory, realPath);
  const ofVms: DangerousFolder = {
    what: "folders and disks of VMs",
    paths: placesOf(stateDirectory, realPath),
    within: true,
    setting: "stateDirectory",
  };
  const ofHost = indexed([...system, ofVms], "the host's", []);
  const ofHome = indexed(ofUser, `${home.user}'s`, homes);
  const ofOthers = new Map<string, FolderIndex<Entry>>();
  const indexOf = (directory: string, user: string): FolderIndex<Entry> => {
    const index = ofOthers.get(directory) ?? indexed(ofUser, `${user}'s`, [directory]);
    ofOthers.set(directory, index);
    return index;
  };
  return (share) => {
    const source = asMounted(share.source);
    const [, directory, user] = /^(\/home\/([^/]+))/.exec(source) ?? [];
    const isOther = directory !== undefined && user !== undefined && !homes.includes(directory);
    const indexes = [ofHome, ...(isOther ? [indexOf(directory, user)] : []), ofHost];
    for (const { at, around, within } of indexes) {
      const [first] = [
        ...at(source).map((known) => ({ ...known, how: `contains ${known.whose} ${known.row.what}` })),
        ...within(source).map((known) => ({
          ...known,
          how: `contains ${known.whose} ${known.row.what} (${known.folder})`,
        })),
        ...around(source)
          .filter(({ row }) => row.within && !(row.setting !== undefined && row.setting === share.setting))
          .map((known) => ({
            ...known,
            how: `is in ${known.folder}, which contains ${known.whose} ${known.row.what}`,
          })),
      ]
        .filter(({ row }) => !(row.readable === true && share.readOnly))
        .sort((one, other) => one.order - other.order);
      if (first !== undefined) return { how: first.how, instead: first.row.instead ?? null };
    }
    return null;
  };
};

interface Entry {
  readonly folder: string;
  readonly row: DangerousFolder;
  readonly whose: string;
  /** The row to report first, because it is the most specific. */
  readonly order: number;
}

const indexed = (rows: readonly DangerousFolder[], whose: string, homes: readonly string[]): FolderIndex<Entry> =>
  indexFolders(
    rows
      .flatMap((row) =>
        row.paths.flatMap((path) =>
          (path.startsWith("~") ? homes.map((home) => home + path.slice(1)) : [path]).map((folder) => ({
            folder,
            row,
            whose,
          })),
        ),
      )
      .map((entry, order) => ({ ...entry, order })),
  );
