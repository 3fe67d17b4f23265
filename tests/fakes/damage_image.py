#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Replaces one file in a layout's only image, with every digest made right again: what `verify` finds then, it finds in
# the bytes of the file. Needs the zstd program.
#   damage_image.py LAYOUT PATH-IN-IMAGE NEW-CONTENT-FILE     (an absent NEW-CONTENT-FILE: the file is taken away)
import hashlib, io, json, os, subprocess, sys, tarfile

layout, path, replacement = sys.argv[1:]


def blob(digest):
    return f"{layout}/blobs/sha256/{digest.split(':')[1]}"


def put(data):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    with open(blob(digest), "wb") as f:
        f.write(data)
    return {"digest": digest, "size": len(data)}


index = json.load(open(f"{layout}/index.json"))
manifest = json.load(open(blob(index["manifests"][0]["digest"])))
config = json.load(open(blob(manifest["config"]["digest"])))
# From the top: what lies there counts, and torch's layers below it need not be unpacked.
for i, layer in reversed(list(enumerate(manifest["layers"]))):
    tar = subprocess.run(["zstd", "-dcq", blob(layer["digest"])], check=True, stdout=subprocess.PIPE).stdout
    old = tarfile.open(fileobj=io.BytesIO(tar))
    if path not in old.getnames():
        continue
    out = io.BytesIO()
    new = tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT)
    for member in old.getmembers():
        content = old.extractfile(member).read() if member.isreg() else b""
        if member.name == path:
            if not os.path.exists(replacement):
                continue
            content = open(replacement, "rb").read()
            member.size = len(content)
        new.addfile(member, io.BytesIO(content))
    new.close()
    config["rootfs"]["diff_ids"][i] = "sha256:" + hashlib.sha256(out.getvalue()).hexdigest()
    packed = subprocess.run(["zstd", "-3", "-cq"], input=out.getvalue(), check=True, stdout=subprocess.PIPE).stdout
    layer.update(put(packed))
    break
else:
    sys.exit(f"no layer holds {path}")
manifest["config"].update(put(json.dumps(config).encode()))
index["manifests"][0].update(put(json.dumps(manifest).encode()))
with open(f"{layout}/index.json", "w") as f:
    json.dump(index, f)
