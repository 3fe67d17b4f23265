# SPDX-License-Identifier: Apache-2.0
"""Makes the console's pages one C++ source: static files compressed, each with a hash of its content in its address.

cmake/EmbedPages.cmake runs it; tests/browser/ reads the pages through it, so that both see the same bytes.

In a source file
    {{static:NAME}}   becomes the address of a static file (a CSS, JS or SVG file);
    {{preload:NAME}}  in HTML becomes a modulepreload link for NAME and for each module that it imports, however deep (a worker is
                      named, too, and not imported);
    {{part:NAME}}     in HTML becomes parts/NAME.
Every other {{placeholder}} of an HTML page stays for the server, and has to be one of those that the server fills.
"""
import gzip
import hashlib
import re
import sys
from pathlib import Path

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# What the server fills in a page.
SERVER_FILLS = {"csrf", "pod", "service", "message", "state", "form_action", "ticket", "return", "shown", "notice", "status", "no_sessions"}
PLACEHOLDER = re.compile(r"\{\{([a-z_]+)(?::([A-Za-z0-9_.]+))?\}\}")


class PagesError(Exception):
    pass


class Pages:
    """The pages of one folder: `static_files` maps a name to (hash, bytes), `html` maps a name to text."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.static_files = {}
        self._imports = {}
        self._in_work = []
        self.html = {}
        for path in sorted(self.folder.iterdir()):
            if path.suffix in CONTENT_TYPES:
                self.address(path.name, "the folder")
        for path in sorted(self.folder.glob("*.html")):
            self.html[path.name] = self._fill_html(path)

    def address(self, name, who):
        self._add_static(name, who)
        return f"/_tmplbuild/static/{self.static_files[name][0]}/{name}"

    def _add_static(self, name, who):
        if name in self.static_files:
            return
        path = self.folder / name
        if path.suffix not in CONTENT_TYPES or not path.is_file():
            raise PagesError(f"{who} names the static file '{name}', which is not in {self.folder}")
        if name in self._in_work:
            circle = " -> ".join([*self._in_work[self._in_work.index(name):], name])
            raise PagesError(f"static files name each other in a circle, so none can have a hash: {circle}")
        self._in_work.append(name)
        imports = []

        def fill(match):
            if match[1] != "static" or not match[2]:
                raise PagesError(f"{name} has the placeholder '{match[0]}'; a static file may have {{{{static:NAME}}}} only")
            if re.search(r"(?:from|import) \"$", text[:match.start()]):
                imports.append(match[2])
            return self.address(match[2], name)

        text = path.read_text(encoding="utf-8")
        data = PLACEHOLDER.sub(fill, text).encode()
        self._in_work.pop()
        self._imports[name] = imports
        self.static_files[name] = (hashlib.sha256(data).hexdigest()[:16], data)

    def _modules_of(self, name, seen):
        if name not in seen and name.endswith(".js"):
            seen.append(name)
            for other in self._imports[name]:
                self._modules_of(other, seen)
        return seen

    def _fill_html(self, path):
        def fill(match):
            kind, name = match[1], match[2]
            if kind == "static" and name:
                return self.address(name, path.name)
            if kind == "preload" and name:
                self._add_static(name, path.name)
                return "\n".join(f'<link rel="modulepreload" href="{self.address(module, path.name)}">'
                                 for module in self._modules_of(name, []))
            if kind == "part" and name:
                part = self.folder / "parts" / name
                if not part.is_file():
                    raise PagesError(f"{path.name} names the part '{name}', which is not in {part.parent}")
                return self._fill_html(part).rstrip("\n")
            if name is None and kind in SERVER_FILLS:
                return match[0]
            raise PagesError(f"{path.name} has the placeholder '{match[0]}', which nobody fills")

        return PLACEHOLDER.sub(fill, path.read_text(encoding="utf-8"))


def compressed(data):
    """The same bytes on every machine with the same zlib: no time and no name in the header."""
    return gzip.compress(data, compresslevel=9, mtime=0)


def literal(data):
    """A C++ string literal of bytes, in lines. Octal escapes have three digits, so that none swallows what follows it."""
    plain = {ord(c) for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;=-_/()[]{}<>#'!&+*%@|~^$"}
    lines = []
    for begin in range(0, len(data), 96):
        piece = data[begin:begin + 96]
        lines.append('    "' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in piece) + '"')
    return "\n".join(lines) if lines else '    ""'


def cpp_of(pages):
    out = ["// Made by cmake/embed_pages.py.", '#include "console/pages/embedded.hpp"', "",
           "#include <array>", "", "namespace tmplbuild::console::pages {", "", "namespace {", "", "using namespace std::string_view_literals;", ""]
    out.append(f"constexpr std::array<StaticFile, {len(pages.static_files)}> all_static_files{{{{")
    for name, (digest, data) in sorted(pages.static_files.items()):
        out.append(f'    {{"{name}"sv, "{digest}"sv, "{CONTENT_TYPES[Path(name).suffix]}"sv,\n{literal(compressed(data))}sv}},')
    out += ["}};", ""]
    out.append(f"constexpr std::array<Page, {len(pages.html)}> all_pages{{{{")
    for name, text in sorted(pages.html.items()):
        out.append(f'    {{"{name}"sv,\n{literal(text.encode())}sv}},')
    out += ["}};", "", "}  // namespace", "",
            "std::span<const StaticFile> static_files() { return all_static_files; }",
            "std::span<const Page> pages() { return all_pages; }", "",
            "}  // namespace tmplbuild::console::pages", ""]
    return "\n".join(out)


def main():
    if len(sys.argv) != 3:
        print("usage: embed_pages.py FOLDER OUT.cpp", file=sys.stderr)
        return 2
    try:
        text = cpp_of(Pages(sys.argv[1]))
    except PagesError as error:
        print(f"embed_pages.py: {error}", file=sys.stderr)
        return 1
    Path(sys.argv[2]).write_text(text, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
