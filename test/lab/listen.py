"""Writes every frame that arrives at an interface to standard output, in hexadecimal, a line each; long ones left out.

usage: listen.py INTERFACE    frames, as the link has them
       listen.py icmp         messages of ICMP, as the rules let them in
       listen.py icmp6        of ICMPv6
       listen.py udp          of UDP
       listen.py udp6         of UDP over IPv6
"""

import socket
import sys

if sys.argv[1] in ("icmp", "udp"):
    protocol = {"icmp": socket.IPPROTO_ICMP, "udp": socket.IPPROTO_UDP}[sys.argv[1]]
    listener = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
elif sys.argv[1] in ("icmp6", "udp6"):
    protocol = {"icmp6": socket.IPPROTO_ICMPV6, "udp6": socket.IPPROTO_UDP}[sys.argv[1]]
    listener = socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol)
else:
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    listener.bind((sys.argv[1], 0))
print("listening", flush=True)
while True:
    frame, source = listener.recvfrom(65536)
    if len(frame) < 500 and not (listener.family == socket.AF_PACKET and source[2] == socket.PACKET_OUTGOING):
        print(frame.hex(), flush=True)
