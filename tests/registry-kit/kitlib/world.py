# SPDX-License-Identifier: Apache-2.0
"""The network in which the cases run: addresses of the internet, of private networks and of a cloud's metadata server, all on
this machine, in a network namespace of their own; names for them; a certificate that the clients are told to trust.
"""
import fcntl
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys

# In the namespace these are addresses of `lo`, and nothing leads out.
PUBLIC, PUBLIC_OTHER, PRIVATE, METADATA = "52.0.0.1", "52.0.0.2", "10.9.0.1", "169.254.169.254"
NAMES = {"registry.example": PUBLIC, "other.example": PUBLIC_OTHER, "inside.example": METADATA, "private.example": PRIVATE,
         "loopback.example": "127.0.0.1"}
INSIDE = "REGISTRY_KIT_INSIDE"  # set in the namespace


def is_inside():
    return os.environ.get(INSIDE) == "1"


def enter(arguments):
    """Starts this program again in namespaces of its own; returns where that cannot be."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return
    command = [unshare, "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        return
    os.execvpe(unshare, [*command, sys.executable, *arguments], {**os.environ, INSIDE: "1"})


def set_up(folder):
    """Gives `lo` its addresses and the machine its names, in the namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for number, address in enumerate(["127.0.0.1", PUBLIC, PUBLIC_OTHER, PRIVATE, METADATA]):
            name = (f"lo:{number}" if number else "lo").encode()
            # struct ifreq of netdevice(7): SIOCSIFADDR, then SIOCSIFFLAGS with IFF_UP.
            fcntl.ioctl(control, 0x8916, struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(address)))
            fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", name, 1))
    hosts = os.path.join(folder, "hosts")
    with open(hosts, "w") as file:
        file.write("127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
        file.writelines(f"{address} {name}\n" for name, address in NAMES.items())
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


class Certificate:
    """A self-signed certificate for all names and addresses here; `file` is what a client has to trust."""

    def __init__(self, folder):
        self.file, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
        names = [f"DNS:{name}" for name in ["localhost", *NAMES]]
        addresses = [f"IP:{address}" for address in ["127.0.0.1", "127.0.0.2", "::1", *NAMES.values()]]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registry-kit",
                        "-addext", "subjectAltName=" + ",".join(dict.fromkeys(names + addresses)), "-keyout", key, "-out", self.file],
                       check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, key)
