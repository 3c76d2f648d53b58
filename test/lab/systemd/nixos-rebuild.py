"""
A stand-in for nixos-rebuild: deploys the VMs that the config in the current directory plans. Each one is a sshd.

usage: nixos-rebuild switch --flake FLAKE#HOST [--target-host HOST --use-remote-sudo]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

FACTS = Path("/etc/microvm/vms.json")
PROFILE = Path("/nix/var/nix/profiles/system")
AGENT = "sh -c 'echo agent in $PWD; exec cat'"


def run(*words: str) -> str:
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(arguments: list[str]) -> None:
    if os.geteuid() != 0:
        # A deployment of another machine, whose place this machine takes.
        assert "--target-host" in arguments, arguments
        print(*arguments)
        os.execvp("sudo", ["sudo", "nixos-rebuild", *arguments])
    host = arguments[arguments.index("--flake") + 1].partition("#")[2]
    # The config belongs to the user.
    plan = json.loads(run("sudo", "-u", os.environ["SUDO_USER"], "microvm-emit", "plan", "--json"))
    (planned,) = (one for one in plan["hosts"] if one["host"] == host)
    before = json.loads(FACTS.read_text())["vms"] if FACTS.exists() else {}
    wanted = {}
    for vm in (vm for guest in planned["guests"] for vm in guest["vms"]):
        name, workspace = vm["name"], vm["workspace"]
        wanted[name] = {
            "addresses": vm["addresses"],
            "user": "alice",
            "workspace": workspace,
            "repository": None,
            "agent": AGENT if vm["agent"] else None,
            "guest": None,
            "sshHostKeys": f"/var/lib/microvm-host-keys/{name}",
            "images": ["var.img"],
            "taps": [],
        }
        run("install", "-d", "-o", "alice", "-g", "alice", "/home/alice/microvm", workspace)
    for name, facts in before.items():
        if wanted.get(name) != facts:
            run("systemctl", "stop", f"microvm@{name}")
            run("ip", "address", "del", f"{facts['addresses'][0]}/32", "dev", "vms")
            run("rm", "-r", f"/var/lib/microvms/{name}", facts["sshHostKeys"])
    for name, facts in wanted.items():
        if before.get(name) != facts:
            run("make-vm", name, facts["addresses"][0])
    FACTS.write_text(
        json.dumps({"host": host, "stateDir": "/var/lib/microvms", "bridges": ["vms"], "vms": wanted}),
    )
    PROFILE.unlink(missing_ok=True)
    PROFILE.symlink_to("system-1")


if __name__ == "__main__":
    main(sys.argv[1:])
