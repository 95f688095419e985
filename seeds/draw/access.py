"""Who may reach the tenant's servers and its account: key pairs, server groups, credentials."""

from __future__ import annotations

import base64
from typing import Any

from seeds.blueprint import Blueprint, Id

ROLES: tuple[list[dict[str, str]], ...] = ([], [{"name": "member"}], [{"name": "reader"}])


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    names = random.sample(("gardener", "A key", "k" * 255, "key-1_.@", "00000000"), random.randint(0, 4))
    for name in names:
        blueprint.add("keypair", {"name": name, "type": "ssh", "public_key": _public_key(blueprint, name)})
    for name in random.sample(("web", "web", "Gruppe ä", "z" * 255), random.randint(0, 3)):
        body: dict[str, Any] = {"name": name, "policy": random.choice(("affinity", "soft-anti-affinity"))}
        if random.random() < 0.3:
            body |= {"policy": "anti-affinity", "rules": {"max_server_per_host": random.choice((1, 5))}}
        blueprint.add("server_group", body)
    for number in range(random.choice((0, 0, 1))):
        body = {"name": f"robot {number} ä", "description": "Ω", "roles": random.choice(ROLES)}
        blueprint.add("application_credential", body | {"secret": "chosen by the user"})
    for _ in range(random.choice((0, 0, 1, 2))):
        blueprint.add("ec2_credential", {"tenant_id": Id("offer", "project")})


def _public_key(blueprint: Blueprint, name: str) -> str:
    """An ed25519 key nobody has the private half of; the same for the same seed."""
    word = b"ssh-ed25519"
    point = blueprint.random.randbytes(32)
    blob = len(word).to_bytes(4, "big") + word + (32).to_bytes(4, "big") + point
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {name.replace(' ', '-')}@seeds"
