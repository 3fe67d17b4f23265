# SPDX-License-Identifier: Apache-2.0
"""schema/template.schema.json and the parser over tests/golden/templates: both accept what is good; the parser refuses
all that is bad, and the schema all that a schema can say. Run by template_schema.sh with the packages jsonschema and taplo."""
import json
import pathlib
import re
import subprocess
import sys
import tomllib

import jsonschema

source, tmplbuild, taplo = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
goldens = source / "tests/golden/templates"
schema = json.loads((source / "schema/template.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

# What only the parser can know.
ANOTHER_ENTRY = "it depends on what other entries say"
ON_DISK = "recipes are looked for on the disk"
IN_TEXT = "names in braces are looked for inside other text"
SPELLING = "GPUs are known by many spellings, case and dashes aside"
parser_only = {
    "gpu-unknown": SPELLING,
    "kernel-unknown": ON_DISK,
    "layer-use-typo": ON_DISK,
    "needs-cycle": ANOTHER_ENTRY,
    "needs-itself": ANOTHER_ENTRY,
    "needs-unknown": ANOTHER_ENTRY,
    "run-after-unknown": ANOTHER_ENTRY,
    "service-console-port": ANOTHER_ENTRY,
    "service-no-console": ANOTHER_ENTRY,
    "service-placeholder": IN_TEXT,
    "services-one-name": ANOTHER_ENTRY,
    "services-one-port": ANOTHER_ENTRY,
    "two-layers-one-name": ANOTHER_ENTRY,
    "uses-unknown-kernel": ANOTHER_ENTRY,
}

failures = []


def by_taplo(file):
    """What an editor says against it."""
    address = (source / "schema/template.schema.json").as_uri()
    ran = subprocess.run([taplo, "lint", "--no-auto-config", "--schema", address, file], capture_output=True, text=True)
    return None if ran.returncode == 0 else ran.stderr


def by_schema(file):
    """What the schema says against it; a file that is no TOML at all is refused by every editor."""
    if (by_taplo(file) is None) != (by_reference(file) is None):
        failures.append(f"{file.name}: the reference says {by_reference(file)}, and taplo says {by_taplo(file)}")
    return by_reference(file)


def by_reference(file):
    try:
        tree = tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError as wrong:
        return f"no TOML: {wrong}"
    wrong = jsonschema.exceptions.best_match(validator.iter_errors(tree))
    return None if wrong is None else f"{wrong.json_path}: {wrong.message}"


def by_parser(file):
    """What the parser says against it."""
    ran = subprocess.run([tmplbuild, "plan", file], capture_output=True, text=True)
    errors = [line for line in ran.stderr.splitlines() if re.search(r"error: ", line)]
    if ran.returncode not in (0, 2) or (ran.returncode == 2 and not errors):
        failures.append(f"{file.name}: plan ended with {ran.returncode}: {ran.stderr}")
    return errors[0] if errors else None


def files(folder):
    found = sorted((goldens / folder).glob("*.toml"))
    if len(found) < 2:
        failures.append(f"no templates in {folder}/")
    return found


examples = sorted((source / "examples").glob("*/template.toml")) + sorted((source / "templates").glob("*/template.toml"))
for file in files("good") + examples:
    for who, said in (("schema", by_schema(file)), ("parser", by_parser(file))):
        if said is not None:
            failures.append(f"{file.relative_to(source)} is good, and the {who} refuses it: {said}")
seen = set()
for file in files("bad"):
    name = file.stem
    seen.add(name)
    if by_parser(file) is None:
        failures.append(f"bad/{name} is bad, and the parser accepts it")
    said = by_schema(file)
    if name in parser_only and said is not None:
        failures.append(f"bad/{name} is said to be for the parser alone ({parser_only[name]}), and the schema knows: {said}")
    if name not in parser_only and said is None:
        failures.append(f"bad/{name} is bad, and the schema accepts it")
failures += [f"parser_only names '{name}', and there is no such template" for name in parser_only.keys() - seen]

# good/every-key.toml is held to its name: no key of the schema is without a use that both accept.
def keys_in(tree):
    for item in tree if isinstance(tree, list) else tree.values():
        if isinstance(item, (dict, list)):
            yield from keys_in(item)
    if isinstance(tree, dict):
        yield from tree


def keys_of(node):
    if isinstance(node.get("properties"), dict):
        yield from node["properties"]
    for inner in node.values():
        for part in inner if isinstance(inner, list) else [inner]:
            if isinstance(part, dict):
                yield from keys_of(part)


used = {key for file in files("good") for key in keys_in(tomllib.loads(file.read_text()))}
failures += [f"no good template uses the key '{key}'" for key in sorted(set(keys_of(schema)) - used)]

# The list of GPUs that editors offer is the program's own.
gpus = json.loads(subprocess.run([tmplbuild, "gpus", "--json"], capture_output=True, text=True, check=True).stdout)
offered = next(o["enum"] for o in schema["properties"]["targets"]["properties"]["gpus"]["items"]["anyOf"] if "enum" in o)
missing = [gpu["name"] for gpu in gpus if gpu["name"] not in offered]
if missing:
    failures.append(f"the schema does not offer these GPUs: {missing}")


# Editors show a key's description: every key must have one.
def check_descriptions(node):
    for key, value in node.get("properties", {}).items():
        target = schema["$defs"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else {}
        if "description" not in {**target, **value}:
            failures.append(f"the schema's key '{key}' has no description")
        check_descriptions(value)
    for inner in [*node.get("$defs", {}).values(), *node.get("anyOf", []), *([node["items"]] if "items" in node else [])]:
        check_descriptions(inner)


check_descriptions(schema)

for failure in failures:
    print("FAILED:", failure, file=sys.stderr)
sys.exit(1 if failures else 0)
