/** A host of Git repositories. */
export interface GitHost {
  /** Its name in SSH and HTTPS. */
  readonly name: string;
  /** Its SSH host key, as the host publishes it and as other projects pin it. */
  readonly hostKey: string;
  /** The domains of its preset. */
  readonly domains: readonly string[];
}

/** The Git hosts that are presets of `allow`; guests know their keys. Read in November 2026. */
export const gitHosts = {
  // docs.github.com: githubs-ssh-key-fingerprints; allowing-access-to-githubs-services-from-a-restricted-network
  github: {
    name: "github.com",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    domains: [
      "github.com:22,443",
      "api.github.com",
      "codeload.github.com",
      "uploads.github.com",
      "*.githubusercontent.com",
      "*.actions.githubusercontent.com",
      "ghcr.io",
    ],
  },
  // docs.gitlab.com/user/gitlab_com: SSH known_hosts entries
  gitlab: {
    name: "gitlab.com",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf",
    domains: ["gitlab.com:22,443", "registry.gitlab.com"],
  },
  // docs.codeberg.org/security/ssh-fingerprint
  codeberg: {
    name: "codeberg.org",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIVIC02vnjFyL+I4RHfvIGNtOgJMe769VTF1VR4EB3ZB",
    domains: ["codeberg.org:22,443"],
  },
  // support.atlassian.com: configure-ssh-and-two-step-verification
  bitbucket: {
    name: "bitbucket.org",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO",
    domains: ["bitbucket.org:22,443", "api.bitbucket.org"],
  },
  // man.sr.ht/git.sr.ht
  sourcehut: {
    name: "git.sr.ht",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZvRd4EtM7R+IHVMWmDkVU3VLQTSwQDSAvW0t2Tkj60",
    domains: ["git.sr.ht:22,443"],
  },
} as const satisfies Readonly<Record<string, GitHost>>;
