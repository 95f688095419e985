"""What the key manager keeps: secrets of every type, with metadata and access lists, and containers of them."""

from __future__ import annotations

import base64

from seeds.blueprint import Blueprint, Call, Id
from seeds.values import some

FAR = "2099-01-01T00:00:00"


def draw(blueprint: Blueprint) -> None:
    random = blueprint.random
    for _ in range(random.randint(1, 5)):
        body = {**some("secret", random), **_payload(blueprint)}
        if random.random() < 0.2:
            body["expiration"] = FAR
        then = []
        if random.random() < 0.4:
            words = {"metadata": {"description": "for the shop", "größe".encode().hex(): "s"}}
            then.append(Call("PUT", "/secrets/{id}/metadata", words))
        if random.random() < 0.3:
            users = {"read": {"users": [Id("offer", "user")], "project-access": random.random() < 0.5}}
            then.append(Call("PUT", "/secrets/{id}/acl", users))
        blueprint.add("secret", body, *then)
    refs = [Id(one.label, "secret_ref") for one in blueprint.of("secret")]
    for _ in range(random.randint(0, 2)):
        members = [{"name": f"part {n}", "secret_ref": ref} for n, ref in enumerate(refs[:2])]
        body = {"name": random.choice(("bundle", "", "Bündel")), "type": "generic", "secret_refs": members}
        blueprint.add("secret_container", body)


def _payload(blueprint: Blueprint) -> dict[str, str]:
    random = blueprint.random
    if random.random() < 0.5:
        text = random.choice(("s3cret", "geheim: äöü Ω", "line\nline\n", " x "))
        return {"payload": text, "payload_content_type": "text/plain;charset=utf-8"}
    data = base64.b64encode(random.randbytes(random.choice((1, 32, 5000)))).decode()
    kind = {"payload_content_type": "application/octet-stream", "payload_content_encoding": "base64"}
    return {"payload": data, **kind}
