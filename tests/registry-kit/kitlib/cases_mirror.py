# SPDX-License-Identifier: Apache-2.0
"""Mirrors of the registry, by containers-registries.conf(5): they are asked first, and must not be able to do harm."""
from kitlib import world
from kitlib.case import EITHER, MIB, PASS, REFUSED, SURVIVED, case

BLOB, MANIFEST = r"/blobs/sha256:", r"/manifests/"


def mirror(kit, listener=None, more=""):
    """The client's settings name `listener` (the other host) as the registry's mirror; call it again for a second one."""
    listener = listener or kit.other
    if not kit.settings:
        kit.settings = f'[[registry]]\nprefix = "{kit.home.at}"\nlocation = "{kit.home.at}"\ninsecure = {str(kit.home.scheme == "http").lower()}\n'
    kit.settings += f'[[registry.mirror]]\nlocation = "{listener.at}"\ninsecure = {str(listener.scheme == "http").lower()}\n{more}'


def big(kit):
    return max(kit.image.layers, key=lambda layer: len(layer.data))


@case("mirror-alone-has-it", "pull", SURVIVED, "The registry answers nothing but 404, and its mirror has the image.")
def _(kit):
    mirror(kit)
    kit.on(".*", MANIFEST + "|" + BLOB, lambda ask: ask.answer(404))


@case("mirror-down", "pull", SURVIVED, "Nobody listens at the mirror.", limit=60)
def _(kit):
    gone = kit.listen("gone", "127.0.0.3")
    mirror(kit, gone)
    gone.end()


@case("mirror-lacks-it", "pull", SURVIVED, "The mirror does not know the image.")
def _(kit):
    mirror(kit)
    kit.on(".*", MANIFEST + "|" + BLOB, lambda ask: ask.answer(404), "other")


@case("mirror-lacks-a-layer", "pull", SURVIVED, "The mirror has the manifest and not the largest layer.")
def _(kit):
    mirror(kit)
    kit.on(".*", "/blobs/" + big(kit).digest, lambda ask: ask.answer(404), "other")


@case("mirror-5xx", "pull", SURVIVED, "The mirror answers 503 to everything.", limit=60)
def _(kit):
    mirror(kit)
    kit.on(".*", "", lambda ask: ask.answer(503), "other")


@case("mirror-other-manifest", "pull", SURVIVED, "The mirror has another manifest than the digest says that is asked for.", by_digest=True)
def _(kit):
    mirror(kit)
    kind, data = kit.store.manifests[kit.image.manifest.digest]
    kit.on("GET", MANIFEST, lambda ask: ask.answer(200, data.replace(b"{", b"{ ", 1), {"Content-Type": kind}), "other")


@case("mirror-other-config", "pull", SURVIVED, "The mirror's configuration has its size, and one bit of it is another.")
def _(kit):
    mirror(kit)
    data = kit.image.config.data
    kit.on("GET", "/blobs/" + kit.image.config.digest, lambda ask: ask.answer(200, data[:-1] + bytes([data[-1] ^ 1])), "other")


@case("mirror-other-layer", "pull", SURVIVED, "A layer of the mirror has its size, and one bit of it is another.")
def _(kit):
    mirror(kit)
    data = big(kit).data
    kit.on("GET", "/blobs/" + big(kit).digest, lambda ask: ask.answer(200, data[:-1] + bytes([data[-1] ^ 1])), "other")


@case("mirror-cuts", "pull", SURVIVED, "The mirror cuts a layer in its middle, and then knows nothing any more.", limit=60)
def _(kit):
    mirror(kit)

    def answer(ask):
        if kit.count("cut") > 1:
            return ask.answer(503)
        return ask.cut(200, big(kit).data[:MIB], {}, len(big(kit).data))
    kit.on("GET", "/blobs/" + big(kit).digest, answer, "other")


@case("mirror-asks-login", "pull", SURVIVED, "The mirror asks for a name and a password, and the client has those of the registry.", login="basic")
def _(kit):
    mirror(kit)
    kit.on(".*", "", lambda ask: ask.answer(401, b"", {"WWW-Authenticate": 'Basic realm="kit"'}), "other")


@case("mirror-asks-token", "pull", SURVIVED, "The mirror names a token server of its own, and the client has the registry's login.", login="token")
def _(kit):
    mirror(kit)
    said = {"WWW-Authenticate": f'Bearer realm="{kit.other.url}/token",service="kit",scope="repository:kit/image:pull"'}
    kit.on(".*", "/v2/", lambda ask: ask.answer(401, b"", said), "other")
    kit.on(".*", "^/token", lambda ask: ask.answer(401), "other", before_login=True)


@case("mirror-names-registry-tokens", "pull", SURVIVED, "The mirror names the registry's token server, and wants its token.", login="token")
def _(kit):
    mirror(kit)
    said = {"WWW-Authenticate": f'Bearer realm="{kit.home.url}/token",service="kit",scope="repository:kit/image:pull"'}
    kit.on(".*", "/v2/", lambda ask: PASS if "Authorization" in ask.headers else ask.answer(401, b"", said), "other")
    # A token for nobody would be no secret, so nobody gets one.
    kit.on(".*", "^/token", lambda ask: PASS if "Authorization" in ask.headers else ask.answer(401), before_login=True)


@case("mirror-redirects-home", "pull", SURVIVED, "The mirror sends to the registry, which asks for its login.", login="basic")
def _(kit):
    mirror(kit)
    kit.on("GET|HEAD", "/v2/", lambda ask: ask.redirect(kit.home.url + ask.path), "other")


@case("mirror-redirects-inside", "pull", SURVIVED, "A mirror in the internet sends to a cloud's metadata server.", where="internet", limit=60)
def _(kit):
    mirror(kit)
    inside = kit.forbid(world.METADATA)
    kit.on("GET|HEAD", "/v2/", lambda ask: ask.redirect(inside.url + ask.path), "other")


@case("mirror-in-the-clear", "pull", EITHER, "The settings allow plain http at the mirror, and the registry speaks https.", login="basic",
      where="internet", tls=True, plain=False, limit=60)
def _(kit):
    clear = kit.listen("clear", world.PUBLIC_OTHER, spelled="other.example")
    mirror(kit, clear)


@case("mirror-not-for-a-push", "push", SURVIVED, "A push goes to the registry, whatever its mirrors are.", login="basic")
def _(kit):
    mirror(kit)
    kit.forbidden.add("other")


@case("mirror-digests-only", "pull", SURVIVED, "The mirror is for digests alone, and a tag is asked for.")
def _(kit):
    mirror(kit, more='pull-from-mirror = "digest-only"\n')
    kit.forbidden.add("other")


@case("registry-blocked", "pull", REFUSED, "The settings forbid the registry.")
def _(kit):
    kit.settings = f'[[registry]]\nlocation = "{kit.home.at}"\nblocked = true\n'
    kit.forbidden.add("home")
