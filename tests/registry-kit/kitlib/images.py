# SPDX-License-Identifier: Apache-2.0
"""Small images of the OCI image-spec whose layers hold bytes that nothing compresses; always the same for the same seed."""
import dataclasses
import hashlib
import io
import json
import os
import random
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclasses.dataclass
class Blob:
    data: bytes
    media_type: str

    @property
    def digest(self):
        return digest_of(self.data)

    def descriptor(self, **changes):
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data), **changes}


def noise(source, size):
    """randbytes() takes no more than 256 MiB at once."""
    step = 1 << 24
    return b"".join(source.randbytes(min(step, size - at)) for at in range(0, size, step))


def tar_of(name, content, mode=0o644):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), mode
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


class Image:
    def __init__(self, seed, sizes):
        source = random.Random(seed)
        self.layers = [Blob(tar_of(f"file-{n}", noise(source, size)), LAYER) for n, size in enumerate(sizes)]
        self.remake()

    def remake(self):
        """The configuration and the manifest for the layers as they are now."""
        self.config = Blob(json.dumps(
            {"architecture": "amd64", "os": "linux", "config": {},
             "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in self.layers]}}).encode(), CONFIG)
        self.manifest = Blob(json.dumps(self.document()).encode(), MANIFEST)

    def document(self):
        return {"schemaVersion": 2, "mediaType": MANIFEST, "config": self.config.descriptor(),
                "layers": [layer.descriptor() for layer in self.layers]}

    def blobs(self):
        return [*self.layers, self.config]

    def write_layout(self, folder, tag="latest"):
        os.makedirs(f"{folder}/blobs/sha256")
        for blob in [*self.blobs(), self.manifest]:
            with open(f"{folder}/blobs/sha256/{blob.digest[7:]}", "wb") as file:
                file.write(blob.data)
        entry = self.manifest.descriptor(annotations={"org.opencontainers.image.ref.name": tag})
        with open(f"{folder}/index.json", "w") as file:
            json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
        with open(f"{folder}/oci-layout", "w") as file:
            file.write('{"imageLayoutVersion":"1.0.0"}')
