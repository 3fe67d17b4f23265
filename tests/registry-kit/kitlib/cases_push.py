# SPDX-License-Identifier: Apache-2.0
"""Pushes: pieces that are refused, offsets that lie, uploads that are lost, answers that contradict what was sent."""
from kitlib.case import EITHER, MIB, PASS, REFUSED, SURVIVED, case
from kitlib.honest import error_body

UPLOAD = r"/blobs/uploads/u"


def is_big(ask):
    return int(ask.headers.get("Content-Length", 0)) >= MIB or "chunked" in ask.headers.get("Transfer-Encoding", "")


def cut_first(kit, times=1):
    """The first requests with many bytes are cut when some of them have come; what came is kept."""
    def answer(ask):
        if not is_big(ask) or kit.count("cut") > times:
            return PASS
        name = ask.path.split("?")[0].rsplit("/", 1)[1]
        data = kit.store.uploads.get(name)
        for piece in ask.body():
            if piece is None or data is None:
                break
            data.extend(piece)
            if len(data) >= MIB // 2:
                break
        return ask.drop()
    kit.on("PUT|PATCH", UPLOAD, answer)


@case("honest-push", "push", SURVIVED, "The registry does what the specification says.")
def _(kit):
    pass


@case("honest-push-token", "push", SURVIVED, "The registry asks for a token.", login="token")
def _(kit):
    pass


@case("push-cut-once", "push", SURVIVED, "The bytes of a layer are cut once, and what came is kept.")
def _(kit):
    cut_first(kit)


@case("push-cut-and-lost", "push", SURVIVED, "The bytes of a layer are cut once, and the upload is not known any more.")
def _(kit):
    cut_first(kit)
    kit.on("GET", UPLOAD, lambda ask: ask.answer(404, error_body("BLOB_UPLOAD_UNKNOWN")) if kit.count("ask") == 1 else PASS)


def offset(name, text, value, times=1, expect=SURVIVED, **more):
    """After a cut, the registry says `value` of how much it has."""
    @case(name, "push", expect, text, **more)
    def _(kit):
        cut_first(kit, times)

        def answer(ask):
            upload = ask.path.split("?")[0].rsplit("/", 1)[1]
            if kit.count("ask") > times or kit.store.uploads.get(upload) is None:
                return PASS
            return ask.answer(204, b"", {**kit.store.upload_headers("kit/image", upload), "Range": value})
        kit.on("GET", UPLOAD, answer)


offset("offset-beyond", "After a cut the registry says that it has more than was sent.", "0-99999999999")
offset("offset-zero", "After a cut the registry says 0-0.", "0-0")
offset("offset-one", "After a cut the registry says that it has two bytes.", "0-1")
offset("offset-garbage", "After a cut the registry says words in place of an offset.", "zero-many")
offset("offset-negative", "After a cut the registry says a negative offset.", "0--5")
offset("offset-beyond-always", "Every layer is cut, and the registry says each time that it has more than was sent.", "0-99999999999",
       10**9, REFUSED, slow=True, limit=300)


@case("offset-backwards", "push", EITHER, "Each answer to a piece says one byte less than before.")
def _(kit):
    def answer(ask):
        name = ask.path.split("?")[0].rsplit("/", 1)[1]
        data = kit.store.uploads.get(name)
        if data is None or not kit.store.take(ask, data):
            return None
        kit.count("back")
        return ask.answer(202, b"", {**kit.store.upload_headers("kit/image", name), "Range": f"0-{max(len(data) - 2, 0)}"})
    kit.on("PATCH", UPLOAD, answer)
    whole_refused(kit)


def whole_refused(kit):
    """A PUT that brings many bytes is too large."""
    kit.on("PUT", UPLOAD, lambda ask: ask.answer(413, error_body("SIZE_INVALID")) if is_big(ask) else PASS)


@case("push-whole-refused", "push", SURVIVED, "A layer in one request is too large (413), and pieces are good.", sizes=(5 * MIB, 1000))
def _(kit):
    whole_refused(kit)


@case("push-pieces-refused", "push", REFUSED, "A layer in one request is too large, and so is every piece (416).", sizes=(5 * MIB, 1000))
def _(kit):
    whole_refused(kit)
    kit.on("PATCH", UPLOAD, lambda ask: ask.answer(416, error_body("BLOB_UPLOAD_INVALID")))


@case("push-pieces-unknown", "push", EITHER, "The registry knows no PATCH (405).", sizes=(5 * MIB, 1000))
def _(kit):
    kit.on("PATCH", UPLOAD, lambda ask: ask.answer(405, error_body("UNSUPPORTED")))


@case("push-blob-other-digest", "push", REFUSED, "The registry takes each layer as another digest.")
def _(kit):
    def answer(ask):
        ask.swallow()
        ask.answer(201, b"", {"Docker-Content-Digest": "sha256:" + "0" * 64, "Location": "/v2/kit/image/blobs/x"})
    kit.on("PUT", UPLOAD, answer)


@case("push-manifest-other-digest", "push", REFUSED, "The registry takes the manifest as another digest.")
def _(kit):
    def answer(ask):
        ask.swallow()
        ask.answer(201, b"", {"Docker-Content-Digest": "sha256:" + "0" * 64, "Location": "/v2/kit/image/manifests/x"})
    kit.on("PUT", "/manifests/", answer)


@case("push-blob-size-lies", "push", REFUSED, "The registry has each layer already, with another size.")
def _(kit):
    kit.on("HEAD", "/blobs/sha256:", lambda ask: ask.answer(200, b"", {"Content-Length": "7"}))


@case("push-has-all", "push", REFUSED, "The registry has each layer already, and then misses them in the manifest.")
def _(kit):
    sizes = {blob.digest: len(blob.data) for blob in kit.image.blobs()}
    kit.on("HEAD", "/blobs/sha256:", lambda ask: ask.answer(200, b"", {"Content-Length": str(sizes[ask.path.rsplit("/", 1)[1]])}))


@case("push-denied-midway", "push", REFUSED, "The registry begins uploads, and does not take their bytes (403).")
def _(kit):
    kit.on("PUT|PATCH", UPLOAD, lambda ask: ask.answer(403, error_body("DENIED")))


@case("push-endless-answer", "push", EITHER, "The answer to a layer's last byte does not end.")
def _(kit):
    def answer(ask):
        ask.swallow()
        ask.endless(201)
    kit.on("PUT", UPLOAD, answer)


@case("push-dropped-at-end", "push", SURVIVED, "The registry takes a layer, and the connection ends before it says so, once.")
def _(kit):
    def answer(ask):
        if kit.count("drop") > 1:
            return PASS
        name, _, query = ask.path.rsplit("/", 1)[1].partition("?")
        data = kit.store.uploads.get(name)
        if data is not None and kit.store.take(ask, data):
            kit.store.blobs[query.split("digest=")[1].split("&")[0].replace("%3A", ":")] = bytes(data)
            kit.store.uploads[name] = None
        return ask.drop()
    kit.on("PUT", UPLOAD, answer)


@case("push-slow", "push", REFUSED, "The registry takes a byte a second.", sizes=(40 * MIB, 1000), slow=True, limit=1000)
def _(kit):
    def answer(ask):
        if not is_big(ask):
            return PASS
        for _ in ask.body(1):
            if kit.is_over.wait(1):
                break
        return ask.drop()
    kit.on("PUT|PATCH", UPLOAD, answer)
