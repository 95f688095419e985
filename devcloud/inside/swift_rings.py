"""swift_rings.py FOLDER POLICIES HOST KIND=PORT...: the rings of a cluster of one device, in one interpreter.

swift-ring-builder would need three starts for each ring.
"""

import sys

from swift.common.ring import RingBuilder

folder, policies, host, *kinds = sys.argv[1:]
for kind in kinds:
    name, port = kind.split("=")
    rings = (
        ["object", *(f"object-{index}" for index in range(1, int(policies)))] if name == "object" else [name]
    )
    device = {
        "id": 0,
        "region": 1,
        "zone": 1,
        "ip": host,
        "port": int(port),
        "device": "d1",
        "weight": 1.0,
        "meta": "",
    }
    for ring in rings:
        builder = RingBuilder(2, 1, 0)
        builder.add_dev(device | {"replication_ip": host, "replication_port": int(port)})
        builder.rebalance()
        builder.save(f"{folder}/{ring}.builder")
        builder.get_ring().save(f"{folder}/{ring}.ring.gz")
