#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a change has to stand, file by file: clang-format, a compile of the file alone, clang-tidy.

usage: changed.py format|alone|tidy SOURCE BUILD

The files are those that changed since $CI_BASE (a commit), else since the last commit's parent, with what is not committed
yet. SOURCE is the repository's root, BUILD a configured build folder: its compile_commands.json has the flags. Prints the
findings; exit 0 without any, 1 with some, 77 where it cannot tell (no git, no tool).

A room of the preset `ci` is one translation unit, in which a file may live on another's includes: compiled alone it shows.
A file of which only comments differ is not compiled.
clang-tidy reads the changed files of one room together, since most of its time goes to the same headers."""
import concurrent.futures, json, os, re, shlex, shutil, subprocess, sys, tempfile

CODE = re.compile(r"^(src|runtime|tests)/.*\.(cpp|hpp|c|h)$")
# What must not be taken for a comment, or is one: raw and plain literals, then the comments.
WORDS = re.compile(r'R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)
UNITY = re.compile(r'^#include "(.*)"$', re.M)


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def git(source, *arguments):
    # A checkout may belong to somebody else than who tests it.
    ran = subprocess.run(["git", "-c", "safe.directory=*", "-C", source, *arguments], capture_output=True, text=True)
    return ran.stdout.strip() if ran.returncode == 0 else None


def code_of(text):
    """The text without comments and white space: what a compiler sees."""
    return re.sub(r"\s+", "", WORDS.sub(lambda found: "" if found[0].startswith(("//", "/*")) else found[0], text))


def changed_since(source):
    """The commit, and the names of what differs from it."""
    if git(source, "rev-parse", "--show-toplevel") is None:
        skip("this is no git checkout")
    base = os.environ.get("CI_BASE", "")
    since = git(source, "merge-base", base, "HEAD") if base else None
    if base and since is None:
        print(f"CI_BASE '{base}' is no commit here: the last commit's files are looked at")
    since = since or git(source, "rev-parse", "HEAD~1") or git(source, "hash-object", "-t", "tree", "/dev/null")
    names = git(source, "diff", "--name-only", "--diff-filter=d", since).split("\n")
    names += git(source, "ls-files", "--others", "--exclude-standard").split("\n")
    return since, sorted({name for name in names if CODE.match(name)})


def with_other_code(source, since, files):
    """The files that differ by more than comments: the others compile alone as they did before."""
    def differs(name):
        before = subprocess.run(["git", "-c", "safe.directory=*", "-C", source, "show", f"{since}:{name}"],
                                capture_output=True, text=True)
        with open(os.path.join(source, name)) as file:
            return before.returncode != 0 or code_of(before.stdout) != code_of(file.read())

    return [name for name in files if differs(name)]


class Commands:
    """The compile commands of a build folder, by source file; in a unity build by what the unit includes."""

    def __init__(self, source, build):
        self.source, self.of = source, {}
        with open(build + "/compile_commands.json") as file:
            for entry in json.load(file):
                self.directory = entry["directory"]
                command = shlex.split(entry["command"])
                files = [entry["file"]]
                if "/Unity/" in entry["file"]:
                    with open(entry["file"]) as unit:
                        files = UNITY.findall(unit.read())
                for one in files:
                    self.of.setdefault(os.path.relpath(one, source), (entry["file"], command))

    def find(self, name):
        """(unit, flags) of a source file; a header's are those of any source file beside it, or below its room."""
        found = self.of.get(name)
        folder = os.path.dirname(name)
        while found is None and "/" in folder:
            found = next((self.of[one] for one in sorted(self.of) if one.startswith(folder + "/")), None)
            folder = os.path.dirname(folder)
        return found and (found[0], flags_of(found[1]))


def flags_of(command):
    """The compiler and its flags without input, output, and what a unity build or a precompiled header adds."""
    out, words = [], iter(command)
    for word in words:
        if word in ("-o", "-MT", "-MF", "-include"):
            next(words)
        elif word == "-c":
            break  # the input is the last
        elif word not in ("-MD", "-Winvalid-pch", "-Wno-shadow") and "ccache" not in word:
            out.append(word)
    return out


def run(command, directory):
    ran = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ran.returncode, ran.stdout


def tool(name):
    found = shutil.which(name + "-14") or shutil.which(name)
    return found or skip(f"{name} is not here")


def check_format(source, files, _commands):
    return [run([tool("clang-format"), "--dry-run", "--Werror", *files], source)]


def check_alone(source, files, commands):
    def one(name):
        found = commands.find(name)
        if found is None:
            return 0, f"{name}: not compiled by this build\n"
        unit, text = os.path.join(source, name), None
        if name.endswith(".hpp"):
            # By another's include: a header that is the compiled file itself is warned of for its #pragma once.
            unit, text = "-", f'#include "{unit}"\n'
        flags = [flag for flag in found[1] if not flag.startswith("-O") and flag != "-Wno-subobject-linkage"]
        ran = subprocess.run([*flags, "-fsyntax-only", "-x", "c++", unit], cwd=source, input=text,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return ran.returncode, ran.stdout

    return in_parallel(one, [name for name in files if name.endswith("pp")])


def check_tidy(source, files, commands):
    program, units = tool("clang-tidy"), {}
    for name in files:
        found = commands.find(name) if name.endswith("pp") and not name.startswith("tests/") else None
        if found is not None:
            units.setdefault(found[0] if "/Unity/" in found[0] else name, (found[1], []))[1].append(name)
    lines = json.dumps([{"name": name} for name in files])

    def one(unit):
        flags, names = units[unit]
        # GCC's own warnings are GCC's to give; clang knows half of their names.
        flags = [flag for flag in flags[1:] if re.match(r"-[ID]|-std=|-isystem|-f(PIC|PIE)", flag) or flag.startswith("/")]
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/changed.cpp"
            with open(path, "w") as file:
                file.writelines(f'#include "{os.path.join(source, name)}"\n' for name in names)
            return run([program, "--quiet", "--line-filter=" + lines, "--config-file=" + source + "/.clang-tidy", path,
                        "--", *flags], commands.directory)

    return in_parallel(one, sorted(units))


def in_parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def main():
    check, source, build = sys.argv[1], os.path.realpath(sys.argv[2]), os.path.realpath(sys.argv[3])
    since, files = changed_since(source)
    if check == "alone":
        files = with_other_code(source, since, files)
    if not files:
        print("no C++ file changed")
        return 0
    checks = {"format": check_format, "alone": check_alone, "tidy": check_tidy}
    results = checks[check](source, files, None if check == "format" else Commands(source, build))
    for code, text in results:
        if code != 0 or "not compiled" in text:
            print(text, end="")
    print(f"{len(files)} changed files")
    return 1 if any(code for code, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
