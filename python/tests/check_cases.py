"""Holds schema.py to protocol-cases.json; prints the cases that it judges wrongly as JSON."""

import importlib.util
import json
from pathlib import Path

here = Path(__file__).parent
spec = importlib.util.spec_from_file_location("schema", here.parent / "millwright_trainer" / "schema.py")
schema = importlib.util.module_from_spec(spec)
spec.loader.exec_module(schema)
cases = json.loads((here / "protocol-cases.json").read_text("utf-8"))


def fits(definition, value):
    try:
        schema.check(value, definition)
        return True
    except schema.Invalid:
        return False


wrong = [case for case in cases["valid"] if not fits(*case)]
wrong += [case for case in cases["invalid"] if fits(*case)]
print(json.dumps({"wrong": wrong, "cases": len(cases["valid"]) + len(cases["invalid"])}))
