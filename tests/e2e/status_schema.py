# SPDX-License-Identifier: Apache-2.0
"""schema/status.schema.json over tests/golden/status: every golden status is valid, every member and state of the schema is
in one of them, and a wrong word is refused. Run by template_schema.sh with the package jsonschema."""
import copy
import json
import pathlib
import sys

import jsonschema

source = pathlib.Path(sys.argv[1])
schema = json.loads((source / "schema/status.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
goldens = {file.stem: json.loads(file.read_text()) for file in (source / "tests/golden/status").glob("*.json")}
assert len(goldens) >= 20, f"only {len(goldens)} golden files"
for name, golden in sorted(goldens.items()):
    for error in validator.iter_errors(golden):
        sys.exit(f"FAILED: {name}.json: {error.json_path}: {error.message}")
for part in ["services", "kernels"]:
    words = set(schema["properties"][part]["items"]["properties"]["state"]["enum"])
    shown = {item["state"] for golden in goldens.values() for item in golden[part]}
    assert words == shown, f"{part}: no golden file for {words - shown}"
wrong = copy.deepcopy(goldens["service-ready"])
wrong["services"][0]["state"] = "happy"
assert not validator.is_valid(wrong), "the schema takes any word for a state"
