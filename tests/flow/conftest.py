"""The demo's tenant on a real cloud, built once for all flow tests; both projects are emptied before and after."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from openstack.connection import Connection

from demo import ground, tenant
from demo.observe import Observation, observe
from demo.offer import Offer, offer
from demo.product import Product
from demo.tenant import removal


class Clouds(NamedTuple):
    """Names of clouds.yaml. ``source`` and ``target`` are plain members of two projects."""

    source: str
    target: str
    admin: str


@pytest.fixture(scope="module")
def clouds() -> Clouds:
    return Clouds(
        os.environ.get("HOARFROST_TEST_CLOUD", "devcloud-member"),
        os.environ.get("HOARFROST_TEST_OTHER_CLOUD", "devcloud-other"),
        os.environ.get("HOARFROST_TEST_ADMIN_CLOUD", "devcloud-admin"),
    )


@pytest.fixture(scope="module")
def names(clouds: Clouds) -> Offer:
    """Of the one cloud that both projects are on."""
    return offer(ground.connect(clouds.source))


@pytest.fixture(scope="module")
def source(clouds: Clouds, names: Offer) -> Iterator[Connection]:
    """The project with the tenant in it. The tests leave it as they find it."""
    cloud = ground.connect(clouds.source)
    removal.empty(cloud)
    tenant.build(cloud, names)
    yield cloud
    removal.empty(cloud)


@pytest.fixture(scope="module")
def before(source: Connection) -> Observation:
    return observe(source)


@pytest.fixture
def target(clouds: Clouds) -> Iterator[Connection]:
    """An empty project."""
    cloud = ground.connect(clouds.target)
    removal.empty(cloud)
    yield cloud
    removal.empty(cloud)


@pytest.fixture(scope="module")
def product(clouds: Clouds, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """With a repository that the tests share."""
    made = Product(tmp_path_factory.mktemp("flow"))
    made.run(clouds.source, "repository", "init")
    return made
