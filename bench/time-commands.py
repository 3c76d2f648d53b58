"""Times command lines in turns, so that other load affects all alike: prints the median of each one in seconds as JSON.

usage: time-commands.py ROUNDS LINE…
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time


def seconds_of(line: str) -> float:
    start = time.monotonic()
    subprocess.run(["/bin/sh", "-c", line], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def main(rounds: int, lines: list[str]) -> None:
    turns = [[seconds_of(line) for line in lines] for _ in range(rounds)]
    print(json.dumps([statistics.median(turn[at] for turn in turns) for at in range(len(lines))]))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
