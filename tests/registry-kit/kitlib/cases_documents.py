# SPDX-License-Identifier: Apache-2.0
"""Manifests and indexes that say two things, or what cannot be."""
import json

from kitlib import images
from kitlib.case import EITHER, REFUSED, case

MANIFEST = r"/manifests/"


def say(kit, document, media_type=images.MANIFEST, header=None):
    """The tag names this document, text or JSON."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    kit.store.put_manifest("1", header or media_type, data)
    return images.Blob(data, media_type)


def changed(name, text, change, expect=REFUSED, **more):
    """A case whose manifest is `change`'s: the document, or what it returns."""
    @case(name, "pull", expect, text, **more)
    def _(kit):
        document = kit.image.document()
        out = change(document, kit)
        say(kit, document if out is None else out)


def set_layer(**values):
    def change(document, _):
        document["layers"][0].update(values)
    return change


def index_of(entries, **more):
    return {"schemaVersion": 2, "mediaType": images.INDEX, "manifests": entries, **more}


LINUX = {"platform": {"os": "linux", "architecture": "amd64"}}

changed("document-both", "The manifest has layers, and manifests like an index.",
        lambda document, kit: document.update(manifests=[kit.image.manifest.descriptor(**LINUX)]))
changed("document-field-against-header", "The header says manifest, and the document says that it is an index.",
        lambda document, _: document.update(mediaType=images.INDEX))
changed("document-config-as-layer", "The configuration is one of the layers.",
        lambda document, _: document["layers"].append(document["config"]))
changed("document-layer-as-config", "The configuration is a layer.",
        lambda document, _: document.update(config=document["layers"][2]))
changed("document-layer-missing", "The configuration names more layers than the manifest.",
        lambda document, _: document.update(layers=document["layers"][:-1]), EITHER)
changed("document-unknown-layer", "A layer is of a kind that nobody knows.", set_layer(mediaType="application/x-layer"), EITHER)
changed("document-digest-path", "A layer's digest is a path.", set_layer(digest="sha256:../../../../etc/passwd"))
changed("document-digest-short", "A layer's digest is too short.", set_layer(digest="sha256:0123"))
changed("document-digest-kind", "A layer's digest is of a kind that nobody knows.", set_layer(digest="md5:" + "0" * 32))
changed("document-digest-capitals", "A layer's digest is spelled with capitals.", set_layer(digest="sha256:" + "A" * 64))
changed("document-size-negative", "A layer's size is negative.", set_layer(size=-1))
changed("document-size-text", "A layer's size is a text.", set_layer(size="1000"))
changed("document-size-huge", "A layer's size is 1e300.", set_layer(size=1e300))
changed("document-size-large", "A layer's size is larger than the layer by an exabyte.", set_layer(size=1 << 60))
changed("document-no-config", "The manifest has no configuration.", lambda document, _: {**document, "config": None})
changed("document-no-layers-field", "The manifest's layers are no list.", lambda document, _: document.update(layers={"0": 1}))
changed("document-schema-1", "The manifest is of Docker's first schema.",
        lambda *_: {"schemaVersion": 1, "name": "kit/image", "tag": "1", "architecture": "amd64", "fsLayers": [], "history": []})
changed("document-not-json", "The manifest is no JSON.", lambda *_: b"<html>login</html>")
changed("document-trailing", "Behind the manifest's end there is more.", lambda document, _: json.dumps(document).encode() + b"{}")
changed("document-empty", "The manifest is empty.", lambda *_: b"")
changed("document-null", "The manifest is null.", lambda *_: b"null")
changed("document-deep", "The manifest is 200,000 lists in each other.", lambda *_: b"[" * 200000 + b"]" * 200000)
changed("document-deep-annotation", "A field that nobody reads is 200,000 lists in each other.",
        lambda document, _: json.dumps(document).encode()[:-1] + b',"x":' + b"[" * 200000 + b"]" * 200000 + b"}")
changed("document-bad-utf8", "The manifest holds bytes that are no UTF-8.",
        lambda document, _: json.dumps(document).encode()[:-1] + b',"annotations":{"x":"\xff\xfe"}}', EITHER)
changed("document-many-layers", "The manifest names the same layer 20,000 times.",
        lambda document, _: document.update(layers=document["layers"][2:] * 20000), EITHER)


@case("document-duplicate-keys", "pull", REFUSED, "The manifest has its layers twice, the second time others.")
def _(kit):
    document = kit.image.document()
    text = json.dumps(document)[:-1] + ',"layers":' + json.dumps(document["layers"][2:]) + "}"
    say(kit, text.encode())


@case("document-header-against-field", "pull", REFUSED, "The header says index, and the document says that it is a manifest.")
def _(kit):
    say(kit, kit.image.document(), header=images.INDEX)


@case("document-as-html", "pull", REFUSED, "The manifest comes as a page of text, and says nothing of its kind.")
def _(kit):
    document = kit.image.document()
    del document["mediaType"]
    say(kit, document, header="text/html")


@case("document-foreign-layer", "pull", REFUSED, "A layer is foreign and names a URL inside.", where="internet")
def _(kit):
    inside = kit.forbid("127.0.0.1")
    document = kit.image.document()
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    document["layers"][0].update(mediaType=foreign, urls=[inside.url + "/layer"])
    say(kit, document)


@case("index-size-lies", "pull", REFUSED, "An index names its manifest with another size than it has.")
def _(kit):
    entry = kit.image.manifest.descriptor(**LINUX)
    entry["size"] += 1
    say(kit, index_of([entry]), images.INDEX)


@case("index-with-layers", "pull", REFUSED, "The index has layers and a configuration besides.")
def _(kit):
    say(kit, index_of([kit.image.manifest.descriptor(**LINUX)], layers=kit.image.document()["layers"],
                      config=kit.image.config.descriptor()), images.INDEX)


@case("index-names-layer", "pull", REFUSED, "An index names a layer as the manifest.")
def _(kit):
    layer = kit.image.layers[2]
    kit.store.put_manifest("layer", images.MANIFEST, layer.data)
    say(kit, index_of([images.Blob(layer.data, images.MANIFEST).descriptor(**LINUX)]), images.INDEX)


@case("index-deep", "pull", REFUSED, "An index names an index, 500 times.")
def _(kit):
    entry = kit.image.manifest.descriptor(**LINUX)
    for _ in range(500):
        entry = say(kit, index_of([entry]), images.INDEX).descriptor(**LINUX)


@case("index-wide", "pull", EITHER, "An index of 4 MB has 20,000 entries for this platform.")
def _(kit):
    say(kit, index_of([kit.image.manifest.descriptor(**LINUX)] * 20000), images.INDEX)


@case("index-other-platform", "pull", REFUSED, "The index has nothing for this platform.")
def _(kit):
    other = {"platform": {"os": "plan9", "architecture": "mips"}}
    say(kit, index_of([kit.image.manifest.descriptor(**other)]), images.INDEX)


@case("index-empty", "pull", REFUSED, "The index names nothing.")
def _(kit):
    say(kit, index_of([]), images.INDEX)


@case("tags-endless", "list", EITHER, "Each page of the list of tags names a next one.")
def _(kit):
    def answer(ask):
        tags = [f"t{kit.count('page')}-{n}" for n in range(1000)]
        ask.answer(200, json.dumps({"name": "kit/image", "tags": tags}).encode(),
                   {"Link": f"</v2/kit/image/tags/list?last={tags[-1]}>; rel=\"next\""})
    kit.on("GET", "/tags/list", answer)


@case("tags-circle", "list", EITHER, "The list of tags names itself as its next page.")
def _(kit):
    said = {"Link": '</v2/kit/image/tags/list>; rel="next"'}
    kit.on("GET", "/tags/list", lambda ask: ask.answer(200, b'{"name":"kit/image","tags":["1"]}', said))


@case("tags-elsewhere", "list", EITHER, "The list of tags goes on at another host.", login="basic")
def _(kit):
    said = {"Link": f'<{kit.other.url}/v2/kit/image/tags/list>; rel="next"'}
    kit.on("GET", "/tags/list", lambda ask: ask.answer(200, b'{"name":"kit/image","tags":["1"]}', said))
