"""Creates frames with scapy. Reads a JSON object of expressions, writes a JSON object of their bytes in hexadecimal."""

import json
import logging
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.layers import dhcp, inet, inet6, l2  # noqa: E402
from scapy.packet import Raw  # noqa: E402

scope = {**vars(inet6), **vars(inet), **vars(dhcp), **vars(l2), "Raw": Raw}
frames = {name: bytes(eval(expression, scope)).hex() for name, expression in json.load(sys.stdin).items()}
json.dump(frames, sys.stdout)
