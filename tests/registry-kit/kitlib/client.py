# SPDX-License-Identifier: Apache-2.0
"""Runs a client against a case and judges what came of it."""
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from kitlib.case import EITHER, Kit
from kitlib.images import digest_of

MOST_MEMORY = 150  # MB, by the peak of resident memory
# A process of its own starts the client: the peak that Linux tells of a child counts what it was before exec, too.
STARTER = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


@dataclasses.dataclass
class Row:
    case: str
    expected: str
    happened: str = "not asked"   # refused, survived, hung, skipped: ..., not asked
    faults: tuple = ()            # why it is not as expected; empty: it is
    credentials: str = "no"       # where else they were seen
    code: int = 0
    seconds: float = 0
    megabytes: float = 0
    requests: int = 0
    said: str = ""                # the last line of the client's output


class Client:
    def __init__(self, file):
        with open(file) as text:
            self.about = json.load(text)
        self.name = self.about["name"]
        self.refused_codes = self.about.get("refused_codes")

    def version(self):
        out = subprocess.run(self.about["version"], capture_output=True, text=True, check=False)
        return (out.stdout or out.stderr).strip().split("\n")[0]

    def command(self, kit, values):
        words = []
        hosts = [listener.at for listener in kit.listeners.values() if listener.scheme == "http"] if kit.case.plain else []
        for word in self.about[kit.case.does]:
            if word == "{plain}":
                for host in hosts:
                    words += [part.replace("{host}", host) for part in self.about.get("plain", {}).get(kit.case.does, [])]
            else:
                words.append(word.format(**values))
        return words

    def credentials(self, kit):
        """The file of logins, and the credential helper where the case has one."""
        if kit.helper:
            return {"credHelpers": {kit.home.at: "kit"}}
        return {"auths": {kit.home.at: {"auth": kit.basic}}} if kit.case.login else {}


def prepare(kit, client, work):
    values = {"registry": kit.home.at, "user": kit.user, "password": kit.password, "from": f"{kit.home.at}/kit/image" + (f"@{kit.image.manifest.digest}" if kit.case.by_digest else ":1"),
              "repository": f"{kit.home.at}/kit/image", "to": f"{kit.home.at}/kit/image:1", "sink": f"{kit.sink.at}/pulled/image:1",
              "layout": f"{work}/layout", "work": work, "certificate": kit.certificate.file if kit.certificate else ""}
    if kit.case.does == "push":
        kit.image.write_layout(values["layout"])
    file = client.about["credentials_file"].format(**values)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "w") as out:
        json.dump(client.credentials(kit), out)
    os.makedirs(f"{work}/bin")
    if kit.helper:
        with open(f"{work}/bin/docker-credential-kit", "w") as out:
            out.write(kit.helper)
        os.chmod(f"{work}/bin/docker-credential-kit", 0o755)
    if kit.settings:
        os.makedirs(f"{work}/.config/containers", exist_ok=True)
        with open(f"{work}/.config/containers/registries.conf", "w") as out:
            out.write(kit.settings)
    environment = {"PATH": f"{work}/bin:{os.environ['PATH']}", "HOME": work}
    environment.update({name: value.format(**values) for name, value in client.about.get("environment", {}).items()})
    return client.command(kit, values), environment


def start(command, environment, limit, work):
    """Its exit code, None where it did not end in time; its peak in MB; its output."""
    said, peak = f"{work}/said", f"{work}/peak"
    with open(said, "wb") as out:
        process = subprocess.Popen([sys.executable, "-I", "-S", "-c", STARTER, peak, *command], env=environment, cwd=work,
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with open(said, "rb") as out:
        text = out.read(8 << 20).decode("utf-8", "replace")
    if not os.path.exists(peak):
        return None, 0, text
    with open(peak) as file:
        code, kilobytes = file.read().split()
    return int(code), int(kilobytes) / 1000, text


def is_whole(kit, arrived):
    """What arrived is what the registry named, and each of its blobs has its digest."""
    named = kit.image.manifest.data if kit.case.does == "push" else kit.store.manifests["1"][1]
    if named == kit.image.manifest.data:
        return arrived.has_whole(kit.image)
    good = all(digest_of(data) == digest for digest, data in arrived.blobs.items())
    return good and arrived.manifests.get("1", ("", named))[1] == named or "manifests" in json.loads(named)


def judge(row, kit, client, text):
    """Fills in what came of it, and everything about it that is wrong."""
    faults = []
    pulls_here = kit.case.does == "pull" and any("{sink}" in word for word in client.about["pull"])
    arrived = {"pull": kit.sunk, "push": kit.store}.get(kit.case.does if kit.case.does == "push" or pulls_here else "")
    if row.code is None:
        row.happened = "hung"
        faults.append(f"it did not end in {kit.case.limit:.0f} s")
    elif row.code == 0:
        row.happened = "survived"
        if arrived is not None and not is_whole(kit, arrived):
            faults.append("what arrived is not the image")
    else:
        row.happened = "refused"
        if row.code < 0:
            faults.append(f"it was ended by signal {-row.code}")
        elif client.refused_codes and row.code not in client.refused_codes:
            faults.append(f"exit code {row.code}")
        if pulls_here and kit.sunk.manifests:
            faults.append("half of it can be seen")
    if row.happened != "hung" and kit.case.expect not in (row.happened, EITHER):
        faults.append("it should have " + kit.case.expect)
    if leaks := kit.leaks():
        row.credentials = ", ".join(leaks)
        faults.append("credentials reached " + row.credentials)
    if reached := kit.reached():
        faults.append("it connected to " + ", ".join(reached))
    if any(secret in text for secret in kit.secrets()):
        row.credentials = (row.credentials + ", " if leaks else "") + "its own output"
        faults.append("it printed a credential")
    if row.megabytes > MOST_MEMORY:
        faults.append(f"{row.megabytes:.0f} MB of memory")
    row.faults = tuple(faults)


def last_line(text, work):
    lines = [line.strip() for line in text.replace(work, "…").split("\n") if line.strip()]
    return lines[-1] if lines else ""


def run_case(what, client, certificate, is_inside, keep=None):
    row = Row(what.name, what.expect)
    if what.does not in client.about:
        return row
    if what.where != "loopback" and not is_inside:
        row.happened = "skipped: it needs a network namespace"
        return row
    if what.tls and certificate is None:
        row.happened = "skipped: it needs the program openssl"
        return row
    work = tempfile.mkdtemp(prefix="registry-kit-")
    kit = Kit(what, certificate)
    try:
        command, environment = prepare(kit, client, work)
        begin = time.monotonic()
        row.code, row.megabytes, text = start(command, environment, what.limit, work)
        row.seconds = time.monotonic() - begin
        row.requests = sum(one["listener"] != "sink" for one in kit.seen)
        row.said = last_line(text, work)
        judge(row, kit, client, text)
        if keep:
            with open(os.path.join(keep, what.name), "w") as out:
                out.write(" ".join(command) + "\n\n" + text + "\n" + "".join(
                    f"{one['listener']} {one['method']} {one['path']}\n" for one in kit.seen[:1000]))
        return row
    finally:
        kit.end()
        shutil.rmtree(work, ignore_errors=True)


