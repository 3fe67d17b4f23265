# SPDX-License-Identifier: Apache-2.0
"""Bodies: other bytes, other lengths, no end, cuts, slow bytes, bombs."""
import gzip
import io
import tarfile
import zlib

from kitlib.case import EITHER, KIB, MIB, PASS, REFUSED, SURVIVED, case
from kitlib.images import Blob

BLOB, MANIFEST = r"/blobs/sha256:", r"/manifests/"


def big(kit):
    """The image's largest layer."""
    return max(kit.image.layers, key=lambda layer: len(layer.data))


def at_big(kit, answer):
    kit.on("GET", "/blobs/" + big(kit).digest, answer)


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


@case("honest", "pull", SURVIVED, "The registry does what the specification says.")
def _(kit):
    pass


@case("layer-other-bytes", "pull", REFUSED, "A layer has its size, and one bit of it is another.")
def _(kit):
    kit.store.blobs[big(kit).digest] = flipped(big(kit).data)


@case("config-other-bytes", "pull", REFUSED, "The configuration has its size, and one bit of it is another.")
def _(kit):
    kit.store.blobs[kit.image.config.digest] = flipped(kit.image.config.data)


@case("layer-short", "pull", REFUSED, "A layer is one byte shorter than the manifest says.")
def _(kit):
    kit.store.blobs[big(kit).digest] = big(kit).data[:-1]


@case("layer-long", "pull", EITHER, "A layer is one byte longer than the manifest says.")
def _(kit):
    kit.store.blobs[big(kit).digest] = big(kit).data + b"x"


@case("layer-endless", "pull", EITHER, "A layer goes on after its last byte, without an end.")
def _(kit):
    at_big(kit, lambda ask: ask.endless(first=big(kit).data))


@case("layer-grows", "pull", REFUSED, "A layer is longer at each request, and is cut each time.")
def _(kit):
    def answer(ask):
        data = big(kit).data + b"x" * 1000 * kit.count("grows")
        ask.cut(200, data[:100 * KIB], {}, len(data))
    at_big(kit, answer)


@case("layer-cut-once", "pull", SURVIVED, "A layer is cut in its middle, once.")
def _(kit):
    def answer(ask):
        if kit.count("cut") > 1:
            return PASS
        return ask.cut(200, big(kit).data[:MIB], {}, len(big(kit).data))
    at_big(kit, answer)


@case("layer-cut-no-ranges", "pull", SURVIVED, "A layer is cut once, and the server knows no ranges.")
def _(kit):
    def answer(ask):
        if kit.count("cut") > 1:
            return ask.answer(200, big(kit).data)
        return ask.cut(200, big(kit).data[:MIB], {}, len(big(kit).data))
    at_big(kit, answer)


@case("layer-cut-range-lies", "pull", EITHER, "A layer is cut once, and then begins at another byte than was asked for.")
def _(kit):
    def answer(ask):
        if kit.count("cut") == 1 or "Range" not in ask.headers:
            return ask.cut(200, big(kit).data[:MIB], {}, len(big(kit).data))
        size = len(big(kit).data)
        return ask.answer(206, big(kit).data[5:], {"Content-Range": f"bytes 5-{size - 1}/{size}"})
    at_big(kit, answer)


@case("layer-cut-other-rest", "pull", REFUSED, "A layer is cut once, and its rest has other bytes.")
def _(kit):
    def answer(ask):
        if kit.count("cut") == 1:
            return ask.cut(200, big(kit).data[:MIB], {}, len(big(kit).data))
        kit.store.blobs[big(kit).digest] = flipped(big(kit).data)
        return PASS
    at_big(kit, answer)


@case("layer-cut-always", "pull", REFUSED, "A layer is cut after 1000 bytes, each time, from its beginning.")
def _(kit):
    at_big(kit, lambda ask: ask.cut(200, big(kit).data[:1000], {}, len(big(kit).data)))


@case("layer-dropped-always", "pull", REFUSED, "The connection ends without an answer when a layer is asked for.")
def _(kit):
    at_big(kit, lambda ask: ask.drop())


@case("manifest-endless", "pull", REFUSED, "The manifest does not end.")
def _(kit):
    kit.on("GET", MANIFEST, lambda ask: ask.endless(first=kit.image.manifest.data))


@case("manifest-huge", "pull", REFUSED, "The manifest is said to have a terabyte.")
def _(kit):
    headers = {"Content-Type": kit.image.manifest.media_type}
    kit.on("GET|HEAD", MANIFEST, lambda ask: ask.cut(200, kit.image.manifest.data, headers, 1 << 40))


@case("manifest-other-bytes", "pull", REFUSED, "The manifest that is asked for by its digest is another one.", by_digest=True)
def _(kit):
    kind, data = kit.store.manifests[kit.image.manifest.digest]
    kit.store.manifests[kit.image.manifest.digest] = (kind, data.replace(b"{", b"{ ", 1))


@case("manifest-header-digest", "pull", REFUSED, "The header says another digest than the manifest has.")
def _(kit):
    headers = {"Content-Type": kit.image.manifest.media_type, "Docker-Content-Digest": "sha256:" + "0" * 64}
    kit.on("GET|HEAD", MANIFEST, lambda ask: ask.answer(200, kit.image.manifest.data, headers))


@case("manifest-coded-bomb", "pull", REFUSED, "The manifest comes as gzip that becomes 2 GiB.")
def _(kit):
    headers = {"Content-Type": kit.image.manifest.media_type, "Content-Encoding": "gzip"}
    kit.on("GET", MANIFEST, lambda ask: ask.answer(200, bomb(b""), headers))


@case("headers-endless", "pull", REFUSED, "A reply's headers do not end.")
def _(kit):
    def answer(ask):
        ask.close_connection = True
        good = ask.write(b"HTTP/1.1 200 OK\r\n")
        while good and not kit.is_over.is_set():
            good = ask.write(b"X-More: " + b"x" * 4000 + b"\r\n")
    kit.on("GET", MANIFEST, answer)


@case("status-line-endless", "pull", REFUSED, "A reply's first line does not end.")
def _(kit):
    def answer(ask):
        ask.close_connection = True
        good = ask.write(b"HTTP/1.1 200 ")
        while good and not kit.is_over.is_set():
            good = ask.write(b"x" * 65536)
    kit.on("GET", MANIFEST, answer)


@case("layer-slow", "pull", REFUSED, "A layer comes a byte a second.", slow=True, limit=1000)
def _(kit):
    at_big(kit, lambda ask: ask.endless(piece=b"x", pause=1))


@case("layer-silent", "pull", REFUSED, "Half of a layer comes, and then nothing, each time.", slow=True, limit=700)
def _(kit):
    def answer(ask):
        ask.begin(200, {"Content-Length": str(len(big(kit).data))})
        ask.write(big(kit).data[:1000])
        ask.silent()
    at_big(kit, answer)


@case("registry-silent", "pull", REFUSED, "The registry takes every request and says nothing.", slow=True, limit=700)
def _(kit):
    kit.on(".*", "", lambda ask: ask.silent(), before_login=True)


def bomb(head):
    """2 GiB of zeros behind `head`, as gzip of many members, 2 MiB."""
    member = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = member.compress(bytes(16 * MIB)) + member.flush()
    return gzip.compress(head) + zeros * 128


@case("layer-bomb", "unpack", EITHER, "A layer of 2 MiB becomes one file of 2 GiB.", limit=100)
def _(kit):
    entry = tarfile.TarInfo("zeros")
    entry.size = 2 << 30
    head = io.BytesIO(entry.tobuf())
    kit.image.layers = [Blob(bomb(head.getvalue()), "application/vnd.oci.image.layer.v1.tar+gzip")]
    kit.image.remake()
    kit.store.put_image(kit.image)
