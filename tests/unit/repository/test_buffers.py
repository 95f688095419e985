"""Memory is used again only when nobody looks at it any more."""

from collections.abc import Iterator

import numpy as np

from hoarfrost.repository import Buffers, Extent, Repository

SEGMENT = 4 << 20


def test_what_somebody_holds_is_not_given_to_another() -> None:
    buffers = Buffers(8, kept=2)
    first, second, third = (buffers.take(4) for _ in range(3))
    for number, one in enumerate((first, second, third)):
        one[:] = bytes((number,)) * 4
    assert [bytes(one) for one in (first, second, third)] == [b"\0" * 4, b"\1" * 4, b"\2" * 4]
    part = first[1:2]
    del first
    buffers.take(8)[:] = b"x" * 8
    assert bytes(part) == b"\0"


def test_what_nobody_holds_is_used_again() -> None:
    buffers = Buffers(8, kept=1)
    buffers.take(8)[:] = b"together"
    assert bytes(buffers.take(8)) == b"together"


def test_a_view_of_a_view_holds_it_too() -> None:
    buffers = Buffers(8, kept=1)
    lent = buffers.take(8)
    lent[:] = b"together"
    part = np.frombuffer(lent, np.uint8)[2:6]
    inner = memoryview(part)[1:].cast("B").toreadonly()
    del lent, part
    buffers.take(8)[:] = b"x" * 8
    assert bytes(inner) == b"eth"
    del inner
    idle = {bytes(one) for one in (buffers.take(8),)}
    assert idle <= {b"together", b"x" * 8}


def test_more_than_a_buffer_holds_is_fresh_memory() -> None:
    assert len(Buffers(8, kept=1).take(20)) == 20


def test_a_source_may_lend_its_memory(repository: Repository) -> None:
    """More segments than there are buffers: each is stored before its memory comes again."""
    buffers = Buffers(SEGMENT, kept=3)

    def extents() -> Iterator[Extent]:
        for number in range(20):
            data = buffers.take(SEGMENT)
            data[:] = bytes((number,)) * SEGMENT
            yield Extent(number * SEGMENT, SEGMENT, data.toreadonly())

    with repository.session("test") as session:
        ref = session.write("disk", 20 * SEGMENT, extents())
        session.commit(b"", {}, [ref])
    found = {one.offset // SEGMENT: bytes(one.data or b"") for one in repository.read(ref)}
    assert found == {number: bytes((number,)) * SEGMENT if number else b"" for number in range(20)}
