"""What a run knows of the last backup, by the key it has; and what it is told of it in finer pieces."""

from hoarfrost.model import Backup, Bytes, CloudPrint, Stream, Window, to_json
from hoarfrost.repository import Cost, Passphrase, Repository, StreamRef, open_store
from hoarfrost.repository.layout import pack_object
from hoarfrost.stored import last_streams

CHEAP = Cost(1, 64, 1)


def repository_with(name: str) -> Repository:
    made = Repository.init(open_store(f"memory:{name}"), Passphrase("read"), cost=CHEAP)
    made.add_key(Passphrase("write"), "write", cost=CHEAP)
    return made


def back_up(repository: Repository, project: str, volume: str) -> StreamRef:
    with repository.session("test") as session:
        ref = session.write_bytes(volume, volume.encode() * 30_000)
        stream = Stream(address=volume, size=ref.size, format="raw", ref=ref, checksum="known")
        backup = Backup(
            project_id=project, project_name=project, user_id="", user_name="", roles=(), tool="", started="", ended="",
            cloud=CloudPrint(auth_url=""), status="complete", window=Window(opened="", closed="", seconds=0),
            bytes=Bytes(), resources=(), streams=(stream,),
        )  # fmt: skip
        session.commit(to_json(backup), {"project_id": project}, [ref], scope=project)
    return ref


def test_a_reader_knows_the_manifest_of_its_own_project() -> None:
    repository = repository_with("reader")
    back_up(repository, "ours", "volume/1")
    back_up(repository, "theirs", "volume/2")
    previous, findings = last_streams(repository, "ours")
    found = previous("volume/1")
    assert found is not None
    assert found.checksum == "known"
    assert (previous("volume/2"), findings) == (None, [])


def test_a_writer_finds_its_streams_without_a_manifest() -> None:
    ref = back_up(repository_with("writer"), "ours", "volume/1")
    back_up(Repository.open(open_store("memory:writer"), Passphrase("read")), "theirs", "volume/2")
    repository = Repository.open(open_store("memory:writer"), Passphrase("write"))
    previous, findings = last_streams(repository, "ours")
    found = previous("volume/1")
    assert found is not None
    assert found.ref.digest == ref.digest
    assert (previous("volume/3"), findings) == (None, [])
    with repository.session("agent") as session:
        again = session.write_bytes("volume/1", b"volume/1" * 30_000)
        session.commit(b"{}", {}, [again])
    assert again.new == 0


def test_a_first_backup_builds_on_nothing() -> None:
    repository_with("empty")
    for key in ("read", "write"):
        repository = Repository.open(open_store("memory:empty"), Passphrase(key))
        previous, findings = last_streams(repository, "ours")
        assert (previous("volume/1"), findings) == (None, [])


def test_a_writer_reads_all_anew_where_the_table_is_damaged() -> None:
    repository = repository_with("torn")
    back_up(repository, "ours", "volume/1")
    repository._catalogue.refresh()
    (rows,) = repository.backups()[0].tables
    place = repository._blobs.place(rows)
    store = open_store("memory:torn")
    name = pack_object(place.pack)
    data = bytearray(store.get(name))
    data[place.entry.offset + 5] ^= 1
    store.delete(name)
    store.put_new(name, bytes(data))
    previous, findings = last_streams(Repository.open(store, Passphrase("write")), "ours")
    assert previous("volume/1") is None
    assert [one.code for one in findings] == ["damaged"]
