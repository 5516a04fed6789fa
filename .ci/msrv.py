"""Checks that no normal dependency of the packages named asks for a newer compiler than they do.

Reads `cargo metadata`, all platforms and features, from standard input.
"""

import json
import sys


def key(version):
    return tuple(int(part) for part in version.split("."))


metadata = json.load(sys.stdin)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
newer = []
for name in sys.argv[1:]:
    (root,) = (package for package in packages.values() if package["name"] == name)
    ours = root["rust_version"]
    seen, queue = set(), [root["id"]]
    while queue:
        node = queue.pop()
        if node in seen:
            continue
        seen.add(node)
        for dep in nodes[node]["deps"]:
            if any(kind["kind"] is None for kind in dep["dep_kinds"]):
                queue.append(dep["pkg"])
    asked = {packages[node]["name"]: packages[node]["rust_version"] for node in seen}
    asked = {name: version for name, version in asked.items() if version}
    newer += [f"{p} {v} > {name} {ours}" for p, v in asked.items() if key(v) > key(ours)]
    most = max(asked.items(), key=lambda item: key(item[1]) if item[0] not in sys.argv[1:] else ())
    print(f"{name}: rust-version {ours}; of {len(seen) - 1} dependencies {most[0]} asks for the newest, {most[1]}")
if newer:
    sys.exit("newer than ours: " + ", ".join(newer))
