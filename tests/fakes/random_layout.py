#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An OCI layout whose layers hold a file each: SIZE bytes that nothing compresses, or a program of this machine.
random_layout.py FOLDER SEED (SIZE | PATH=PROGRAM)..."""
import hashlib
import json
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../registry-kit"))
from kitlib.images import noise, tar_of  # noqa: E402

folder, seed, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
source = random.Random(seed)
os.makedirs(f"{folder}/blobs/sha256")


def put(media_type, content):
    digest = hashlib.sha256(content).hexdigest()
    with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
        file.write(content)
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(content)}


layers = []
for number, one in enumerate(files):
    path, is_program, program = one.partition("=")
    if is_program:
        with open(program, "rb") as file:
            tar = tar_of(path, file.read(), mode=0o755)
    else:
        tar = tar_of(f"file-{number}", noise(source, int(one)))
    layers.append(put("application/vnd.oci.image.layer.v1.tar", tar))
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
