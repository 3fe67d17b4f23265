# SPDX-License-Identifier: Apache-2.0
"""Where a registry leads its client: redirects, token servers, the places of uploads."""
from kitlib import world
from kitlib.case import EITHER, PASS, REFUSED, SURVIVED, case

BLOB, MANIFEST, TOKEN = r"/blobs/sha256:", r"/manifests/", r"^/token"


def send_to(kit, url, path=BLOB, method="GET|HEAD"):
    """Redirects what matches to the same path there."""
    kit.on(method, path, lambda ask: ask.redirect(url + ask.path))


def realm(kit, url):
    kit.challenge = f'Bearer realm="{url}",service="kit",scope="repository:kit/image:pull,push"'


@case("redirect-other-host", "pull", SURVIVED, "Blobs lie on another host.", login="basic")
def _(kit):
    send_to(kit, kit.other.url)


@case("redirect-other-host-token", "pull", SURVIVED, "Blobs lie on another host, and the login is a token.", login="token")
def _(kit):
    send_to(kit, kit.other.url)


@case("redirect-other-port", "pull", SURVIVED, "Blobs lie on another port of the registry's host.", login="basic")
def _(kit):
    send_to(kit, kit.listen("port", "127.0.0.1").url)


@case("redirect-other-scheme", "pull", REFUSED, "Blobs lie on the registry's host in the clear, and the registry speaks https.",
      login="basic", where="internet", tls=True, plain=False)
def _(kit):
    send_to(kit, kit.listen("clear", world.PUBLIC, spelled="registry.example").url)


@case("redirect-to-tls", "pull", SURVIVED, "Blobs lie on the registry's host under https, and the registry speaks http.",
      login="basic", where="internet")
def _(kit):
    send_to(kit, kit.listen("secure", world.PUBLIC, True, spelled="registry.example").url)


@case("redirect-manifest", "pull", SURVIVED, "The manifest lies on another host.", login="basic")
def _(kit):
    send_to(kit, kit.other.url, MANIFEST)


@case("redirect-asks-login", "pull", REFUSED, "Blobs lie on another host, which asks for a login.", login="basic")
def _(kit):
    send_to(kit, kit.other.url)
    kit.on(".*", "", lambda ask: ask.answer(401, b"", {"WWW-Authenticate": 'Basic realm="x"'}), "other")


@case("redirect-asks-token", "pull", REFUSED, "Blobs lie on another host, which names a token server of its own.", login="basic")
def _(kit):
    send_to(kit, kit.other.url)
    said = {"WWW-Authenticate": f'Bearer realm="{kit.other.url}/token",service="x"'}
    kit.on(".*", BLOB, lambda ask: ask.answer(401, b"", said), "other")


@case("redirect-circle", "pull", REFUSED, "A blob's redirects do not end.")
def _(kit):
    kit.on("GET", BLOB, lambda ask: ask.redirect(f"{kit.home.url}{ask.path.split('?')[0]}?{kit.count('circle')}"))


@case("redirect-file", "pull", REFUSED, "A blob lies in a file of the client's machine.")
def _(kit):
    kit.on("GET", BLOB, lambda ask: ask.redirect("file:///etc/passwd"))


def leads_inside(name, host, text, spelled=None):
    """The same three ways inside for each address: a redirect, a realm, an upload's Location."""
    def target(kit):
        inside = kit.forbid(host)
        return f"http://{spelled}:{inside.server_port}" if spelled else inside.url

    @case(f"redirect-{name}", "pull", REFUSED, f"A registry of the internet sends to {text}.", where="internet")
    def _(kit):
        send_to(kit, target(kit))

    @case(f"realm-{name}", "pull", REFUSED, f"A registry of the internet names {text} as its token server.", where="internet",
          login="token")
    def _(kit):
        realm(kit, target(kit) + "/token")

    @case(f"upload-{name}", "push", REFUSED, f"A registry of the internet has uploads go on at {text}.", where="internet")
    def _(kit):
        move_uploads(kit, target(kit))


def move_uploads(kit, url):
    def answer(ask):
        name = kit.store.begin_upload()
        ask.answer(202, b"", kit.store.upload_headers("kit/image", name, url))
    kit.on("POST", r"/blobs/uploads/", answer)


leads_inside("metadata", world.METADATA, "a cloud's metadata server")
leads_inside("metadata-spelled", world.METADATA, "a cloud's metadata server, as one number", "2852039166")
leads_inside("name-inside", world.METADATA, "a name that resolves to a cloud's metadata server", "inside.example")
leads_inside("private", world.PRIVATE, "a private network")
leads_inside("name-private", world.PRIVATE, "a name that resolves into a private network", "private.example")
leads_inside("loopback", "127.0.0.1", "the client's own machine")
leads_inside("loopback6", "::1", "the client's own machine by ::1")
leads_inside("mapped", "127.0.0.1", "the client's own machine by an IPv6 address that holds an IPv4 one", "[::ffff:127.0.0.1]")


@case("redirect-name-changes", "pull", REFUSED, "Blobs lie on another host, which sends on to a cloud's metadata server.",
      where="internet")
def _(kit):
    send_to(kit, kit.other.url)
    inside = kit.forbid(world.METADATA)
    kit.on("GET|HEAD", BLOB, lambda ask: ask.redirect(inside.url + ask.path), "other")


@case("realm-own-private", "pull", SURVIVED, "A registry of a private network has its token server beside it.", where="private",
      login="token")
def _(kit):
    beside = kit.listen("beside", world.PRIVATE)
    kit.trusted.add("beside")
    realm(kit, beside.url + "/token")


@case("realm-other-host", "pull", SURVIVED, "The token server is another host of the internet, under https.", where="internet",
      login="token", tls=True, plain=False)
def _(kit):
    kit.trusted.add("other")
    realm(kit, kit.other.url + "/token")


@case("realm-in-the-clear", "pull", REFUSED, "The token server of a registry under https is asked in the clear.", where="internet",
      login="token", tls=True, plain=False)
def _(kit):
    clear = kit.listen("clear", world.PUBLIC_OTHER, spelled="other.example")
    realm(kit, clear.url + "/token")


@case("realm-redirects", "pull", REFUSED, "The token server sends to another host, which would take the login.", login="token")
def _(kit):
    kit.on("GET|POST", TOKEN, lambda ask: ask.redirect(kit.other.url + ask.path), before_login=True)


@case("realm-file", "pull", REFUSED, "The token server is a file.", login="token")
def _(kit):
    realm(kit, "file:///etc/passwd")


@case("realm-second", "pull", EITHER, "Two challenges come, and the first names another host's token server.", login="token",
      where="internet", tls=True, plain=False)
def _(kit):
    clear = kit.listen("clear", world.PUBLIC_OTHER, spelled="other.example")
    kit.challenge = f'Bearer realm="{clear.url}/token",service="kit", Bearer realm="{kit.home.url}/token",service="kit"'


@case("upload-other-host", "push", EITHER, "Uploads go on at another host.", login="basic")
def _(kit):
    move_uploads(kit, kit.other.url)


@case("upload-other-port", "push", EITHER, "Uploads go on at another port of the registry's host.", login="token")
def _(kit):
    move_uploads(kit, kit.listen("port", "127.0.0.1").url)


@case("upload-other-scheme", "push", REFUSED, "Uploads go on at the registry's host in the clear, and the registry speaks https.",
      login="basic", where="internet", tls=True, plain=False)
def _(kit):
    move_uploads(kit, kit.listen("clear", world.PUBLIC, spelled="registry.example").url)


@case("upload-nowhere", "push", REFUSED, "An upload is begun without a Location.")
def _(kit):
    kit.on("POST", r"/blobs/uploads/", lambda ask: ask.answer(202))


@case("upload-redirects", "push", EITHER, "The bytes of an upload are sent on to another host.", login="basic")
def _(kit):
    kit.on("PUT|PATCH", r"/blobs/uploads/", lambda ask: ask.redirect(kit.other.url + ask.path))


@case("upload-line-end", "push", EITHER, "The Location of an upload holds the end of a line and a header.", login="basic")
def _(kit):
    def answer(ask):
        name = kit.store.begin_upload()
        ask.answer(202, b"", kit.store.upload_headers("kit/image", name + "?x=%0d%0aX-Evil:%201"))
    kit.on("POST", r"/blobs/uploads/", answer)
    kit.on("PUT|PATCH", r"/blobs/uploads/", lambda ask: ask.answer(400) if "X-Evil" in ask.headers else PASS)
