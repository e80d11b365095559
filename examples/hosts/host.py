"""A host in Python, over wasmtime from PyPI: loads a module, opens cases, hands them events and reads what is to be done.

docs/abi.md says what each number means. `python host.py KIT < KIT/cases.jsonl` runs the conformance kit.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

from wasmtime import Engine, Instance, Module, Store

NONE = -(2**63)  # the instant that stands for none
ENTRY = 160
KINDS = (
    "send call task file charge waive collect offer activate report alarm emit assign block unblock release split "
    "approval cancel refund"
).split()


def items(*fields):
    """Items for `open` and `step`: tuples of field, position, and a value or a text."""
    whole = b""
    for field, at, value in fields:
        text = value.encode() if isinstance(value, str) else struct.pack("<q", value)
        whole += struct.pack("<BBHI", field, isinstance(value, str), at, len(text))
        whole += text + bytes(-len(text) % 8)
    return whole


class Host:
    """A module and the case that lies in its memory."""

    def __init__(self, engine, module):
        self.store = Store(engine)
        self.exports = Instance(self.store, module, []).exports(self.store)
        if self.call("abi") != 1:
            raise ValueError("the module's interface is of another version")
        self.memory = self.exports["memory"]
        self.given, self.result = self.call("given"), self.call("result")

    def call(self, name, *arguments):
        return self.exports[name](self.store, *arguments)

    def read(self, at, length):
        return bytes(self.memory.read(self.store, at, at + length))

    def hand(self, given):
        self.memory.write(self.store, given, self.given)
        return len(given)

    # Each verb gives 0, or the number of a refusal: then the case is as it was. `at` is in seconds since 1970.

    def open(self, given, at):
        return self.call("open", self.hand(given), at)

    def step(self, event, given, at):
        return self.call("step", event, self.hand(given), at)

    def advance(self, at):
        return self.call("advance", at)

    def save(self):
        return self.read(self.result, self.call("save"))

    def restore(self, saved):
        return self.call("restore", self.hand(saved))

    def text(self, number):
        """A text of the strategy, by its number."""
        return self.read(self.call("text", number), self.call("text_length", number)).decode()

    def told(self):
        """What the last verb told: four lists as bytes, and when something is due next (None: nothing is)."""
        numbers = struct.unpack("<9i4xqq", self.read(self.call("outcome"), 56))
        sizes = (ENTRY, 16, 16, 2)
        lists = [self.read(numbers[2 * n], numbers[2 * n + 1] * size) for n, size in enumerate(sizes)]
        return lists, None if numbers[9] == NONE else numbers[9]

    def effects(self):
        """The effects of the last verb: kind, number, rule, and what each says."""
        entries = self.told()[0][0]
        for at in range(0, len(entries), ENTRY):
            kind, _, rule = struct.unpack_from("<3i", entries, at)
            if kind < 64:
                number = struct.unpack_from("<i", entries, at + 36)[0]
                yield KINDS[kind], number, rule, struct.unpack_from("<10q", entries, at + 80)


def difference(host, step, status):
    """Why a host does not do what a step of the kit says; None where it does."""
    found = {"status": status}
    if status == 0:
        lists, found["due"] = host.told()
        found["told"] = zlib.crc32(b"".join(lists))
    found["saved"] = zlib.crc32(host.save())
    return next((f"{name} is {found[name]}, not {step[name]}" for name in found if found[name] != step[name]), None)


def conforms(engine, module, kit):
    """Runs one line of the kit; None, or where and how the host differs."""
    host = Host(engine, module)
    for n, step in enumerate(kit["steps"]):
        # In the middle of a history the case moves to an instance that has never seen it.
        if n > 0 and n == len(kit["steps"]) // 2:
            saved = host.save()
            host = Host(engine, module)
            if saved and host.restore(saved) != 0:
                return f"step {n}: the saved case cannot be read"
        given, at = bytes.fromhex(step["items"]), step["at"]
        if step["verb"] == "open":
            status = host.open(given, at)
        elif step["verb"] == "step":
            status = host.step(step["event"], given, at)
        else:
            status = host.advance(at)
        if differs := difference(host, step, status):
            return f"step {n}: {differs}"
    return None


def main(folder):
    engine, modules, passed, failed = Engine(), {}, 0, 0
    for line in sys.stdin:
        kit = json.loads(line)
        if kit["machine"] not in modules:
            modules[kit["machine"]] = Module(engine, (folder / kit["machine"]).read_bytes())
        if differs := conforms(engine, modules[kit["machine"]], kit):
            print(json.dumps({"name": kit["name"], "differs": differs}))
            failed += 1
        else:
            passed += 1
    print(json.dumps({"host": "python", "passed": passed, "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
