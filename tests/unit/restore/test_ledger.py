"""What a restore remembers of all that was made before it."""

from __future__ import annotations

from hoarfrost.restore import made_before


def test_the_last_word_about_each_thing_of_each_plan_counts() -> None:
    words = [
        ("one", "box/a", "intent", ""),
        ("one", "box/a", "made", "1"),
        ("one", "box/a", "done", "1"),
        ("one", "box/b", "done", "2"),
        ("two", "box/a", "done", "3"),
        ("one", "box/b", "gone", "2"),
        ("two", "box/c", "made", "4"),
        ("two", "box/d", "found", "5"),
    ]
    records = [{"plan": plan, "node": node, "state": state, "id": id} for plan, node, state, id in words]
    assert made_before([{"lent": "volume"}, *records]) == {"box/a": ("3", "1")}
