"""Runs commands for the tests: one JSON line of {id, argv} for each, answered by one of {id, status, stdout, stderr}.

A process that stays costs less than entering the namespaces for each command.
"""

import json
import subprocess
import sys
import threading

answers = threading.Lock()


def answer(identifier: int, argv: list[str]) -> None:
    """Run a command and print its result."""
    try:
        ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        status, stdout, stderr = ended.returncode, ended.stdout, ended.stderr
    except OSError as error:
        status, stdout, stderr = 127, b"", str(error).encode()
    result = {
        "id": identifier,
        "status": status,
        "stdout": stdout.decode(errors="replace"),
        "stderr": stderr.decode(errors="replace"),
    }
    with answers:
        print(json.dumps(result), flush=True)


def main() -> None:
    """Start each command at once; end at the end of the input."""
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        threading.Thread(target=answer, args=(request["id"], request["argv"]), daemon=True).start()


if __name__ == "__main__":
    main()
