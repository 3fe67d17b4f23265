#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An OCI layout whose layers hold bytes that nothing compresses: random_layout.py FOLDER SEED SIZE..."""
import hashlib
import io
import json
import os
import random
import sys
import tarfile

folder, seed, sizes = sys.argv[1], int(sys.argv[2]), [int(size) for size in sys.argv[3:]]
source = random.Random(seed)
os.makedirs(f"{folder}/blobs/sha256")


def put(media_type, content):
    digest = hashlib.sha256(content).hexdigest()
    with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
        file.write(content)
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(content)}


def noise(size):
    """randbytes() takes no more than 256 MiB at once."""
    step = 1 << 24
    return b"".join(source.randbytes(min(step, size - at)) for at in range(0, size, step))


layers = []
for number, size in enumerate(sizes):
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo(f"file-{number}")
        entry.size = size
        archive.addfile(entry, io.BytesIO(noise(size)))
    layers.append(put("application/vnd.oci.image.layer.v1.tar", tar.getvalue()))
config = put("application/vnd.oci.image.config.v1+json", json.dumps(
    {"architecture": "amd64", "os": "linux", "config": {},
     "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}}).encode())
manifest_type = "application/vnd.oci.image.manifest.v1+json"
manifest = put(manifest_type, json.dumps(
    {"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": layers}).encode())
manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
with open(f"{folder}/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)
with open(f"{folder}/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion":"1.0.0"}')
print(manifest["digest"])
