"""The pages of the simulated API have the form of those of the real services."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from benchmarks.listing.simulated import STYLES, Adapter
from hoarfrost.cloud import Cloud
from hoarfrost.kinds import KINDS

pytestmark = pytest.mark.cloud


def following(answer: Any, plural: str) -> dict[str, str]:
    """How the next page is named: place in the answer -> names in the query of its address."""
    if not isinstance(answer, dict):
        return {}
    links = answer.get(f"{plural}_links") or ()
    hrefs = {f"{plural}_links": one["href"] for one in links if one["rel"] == "next"}
    if isinstance(answer.get("next"), str):
        hrefs["next"] = answer["next"]
    if isinstance(answer.get("links"), dict) and answer["links"].get("next"):
        hrefs["links"] = answer["links"]["next"]
    return {
        place: " ".join(sorted(name for name, _ in parse_qsl(urlsplit(href).query)))
        for place, href in hrefs.items()
    }


@pytest.fixture
def two_of_each(cloud: Cloud) -> Iterator[None]:
    """What is cheap to make; of the rest the project has nothing and its pages are not looked at."""
    names = [f"pages-{uuid.uuid4().hex[:8]}" for _ in "12"]
    compute, image, swift = cloud.rest("compute"), cloud.rest("image"), cloud.rest("object-store")
    images = []
    for name in names:
        compute.post("/os-keypairs", {"keypair": {"name": name}})
        swift.put(f"/{name}")
        wanted = {"name": name, "disk_format": "raw", "container_format": "bare"}
        images.append(image.post("/v2/images", wanted)["id"])
    yield
    for name, id in zip(names, images, strict=True):
        compute.delete(f"/os-keypairs/{name}")
        swift.delete(f"/{name}")
        image.delete(f"/v2/images/{id}")


@pytest.mark.parametrize(
    ("name", "microversion"),
    [("security_group_rule", ""), ("keypair", "2.92"), ("image", ""), ("container", "")],
)
def test_a_page_has_the_form_of_a_real_one(
    name: str, microversion: str, cloud: Cloud, two_of_each: None
) -> None:
    kind = KINDS[name]
    query = {"limit": "1", "format": "json"} if name == "container" else {"limit": "1"}
    path = kind.listing or kind.path
    real = cloud.rest(kind.service, microversion).get(path, **query)
    simulated = Adapter(kind, {}, None, 2).request(f"http://simulated{path}", "GET", query).json()
    assert following(simulated, kind.plural) == following(real, kind.plural)
    items = (real[kind.plural], simulated[kind.plural]) if kind.plural else (real, simulated)
    assert [len(one) for one in items] == [1, 1]


def test_a_page_without_a_limit_is_as_large_as_said(cloud: Cloud, two_of_each: None) -> None:
    """Neutron gives all there is, Glance 25."""
    assert (STYLES["network"].default, STYLES["image"].default) == (0, 25)
    rules = cloud.rest("network").get("/v2.0/security-group-rules")
    assert len(rules["security_group_rules"]) > 1 and following(rules, "security_group_rules") == {}
