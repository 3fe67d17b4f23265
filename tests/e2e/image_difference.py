# SPDX-License-Identifier: Apache-2.0
"""Says in which layers and files two layouts differ: image_difference.py LAYOUT LAYOUT. For a test that found another
digest, since the digest alone does not say where to look. Reads gzip and plain layers; ends with 0 in any case."""

import hashlib
import json
import pathlib
import sys
import tarfile


def blob(layout, digest):
    return layout / "blobs" / digest.replace(":", "/")


def members(path):
    """Each member as a list of facts by its name and its place, since a name may stand twice in a layer."""
    found = {}
    with tarfile.open(path) as tar:
        for place, member in enumerate(tar):
            facts = member.get_info() | {"pax": member.pax_headers}
            if member.isfile():
                facts["sha256"] = hashlib.file_digest(tar.extractfile(member), "sha256").hexdigest()
            found[member.name] = facts | {"place": place}
    return found


def say_files(one, other):
    for name in sorted(one.keys() | other.keys()):
        a, b = one.get(name), other.get(name)
        if a is None or b is None:
            print(f"    {name}: only in the {'second' if a is None else 'first'}")
        else:
            changed = [f"{key}: {a[key]!r} / {b[key]!r}" for key in a if a[key] != b.get(key)]
            if changed and changed != [c for c in changed if c.startswith("place")]:
                print(f"    {name}: {', '.join(changed)}")


def main():
    layouts = [pathlib.Path(name) for name in sys.argv[1:3]]
    images = []
    for layout in layouts:
        index = json.loads((layout / "index.json").read_text())
        manifest = json.loads(blob(layout, index["manifests"][0]["digest"]).read_text())
        images.append((manifest, json.loads(blob(layout, manifest["config"]["digest"]).read_text())))
    (one, config), (other, other_config) = images
    for key in sorted(config.keys() | other_config.keys()):
        if config.get(key) != other_config.get(key):
            print(f"config: {key}: {config.get(key)!r} / {other_config.get(key)!r}")
    for key in sorted(one.keys() | other.keys()):
        if key not in ("layers", "config") and one.get(key) != other.get(key):
            print(f"manifest: {key}: {one.get(key)!r} / {other.get(key)!r}")
    for number, (a, b) in enumerate(zip(one["layers"], other["layers"])):
        if a["digest"] != b["digest"]:
            print(f"layer {number}: {a['digest']} / {b['digest']}")
            say_files(members(blob(layouts[0], a["digest"])), members(blob(layouts[1], b["digest"])))


main()
