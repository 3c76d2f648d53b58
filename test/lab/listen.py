"""Writes every received frame to standard output, in hexadecimal, one per line, without long frames.

usage: listen.py INTERFACE    all frames of an interface
       listen.py icmp         ICMP messages that the rules accept
       listen.py icmp6        ICMPv6 messages
       listen.py udp          UDP datagrams
       listen.py udp6         UDP datagrams over IPv6
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
