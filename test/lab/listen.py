"""Writes every frame that arrives at an interface to standard output, in hexadecimal, a line each; long ones left out.

usage: listen.py INTERFACE    frames, as the link has them
       listen.py icmp         messages of ICMP, as the rules let them in
       listen.py icmp6        of ICMPv6
       listen.py udp          of UDP
"""

import socket
import sys

if sys.argv[1] in ("icmp", "udp"):
    protocol = {"icmp": socket.IPPROTO_ICMP, "udp": socket.IPPROTO_UDP}[sys.argv[1]]
    listener = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
elif sys.argv[1] == "icmp6":
    listener = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
else:
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    listener.bind((sys.argv[1], 0))
print("listening", flush=True)
while True:
    frame, source = listener.recvfrom(65536)
    if len(frame) < 500 and not (listener.family == socket.AF_PACKET and source[2] == socket.PACKET_OUTGOING):
        print(frame.hex(), flush=True)
