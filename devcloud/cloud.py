"""The cloud as a whole: up, down, what is left of it, and what it looks like from outside."""

import shutil
from collections.abc import Iterator

from devcloud import namespace, processes, waiting
from devcloud.services import CATALOGUE, SERVICES, Service, libvirt
from devcloud.settings import CACHE, ETC, HOME, LOG, RUN, STATE
from devcloud.steps import Step, run

INFRASTRUCTURE = ("mariadb", "memcached", "rabbitmq", "ovn", "libvirt")
"""Stopped last, as the others would complain."""


def up() -> bool:
    """Brings everything up that is not; false if there was nothing to do."""
    if running() and not any(step.needed for step in steps() if step.once) and _answering():
        return False
    make_places()
    namespace.furnish()
    for service in SERVICES:
        if service.has("configure"):
            service.module.configure()
    run(steps())
    return True


def steps() -> Iterator[Step]:
    """The way of each service: prepare, start, ready (a step with the service's bare name), populate."""
    for service in SERVICES:
        yield from _way(service)


def _way(service: Service) -> Iterator[Step]:
    name, module = service.name, service.module
    prepared: tuple[str, ...] = ()
    if service.has("prepare"):
        prepared = (f"{name}.prepare",)
        yield Step(prepared[0], module.prepare, service.prepare_after, once=True)
    yield Step(f"{name}.start", module.start, service.start_after + (() if service.early else prepared))
    yield Step(name, module.ready, (f"{name}.start", *prepared, *service.ready_after))
    if service.has("populate"):
        catalogue = () if CATALOGUE.startswith(f"{name}.") else (CATALOGUE,)
        yield Step(f"{name}.populate", module.populate, (name, *catalogue), once=True)


def down(grace: float = 4) -> None:
    """Stops all that runs, and nothing else; the state stays."""
    last = [
        name for service in SERVICES if service.name in INFRASTRUCTURE for name in service.module.PROCESSES
    ]
    processes.stop([name for name in processes.known() if name not in last], grace)
    processes.stop([name for name in processes.known() if name in last], grace)
    for service in SERVICES:
        if service.has("stop"):
            service.module.stop()
    shutil.rmtree(RUN, ignore_errors=True)
    (HOME / "run").unlink(missing_ok=True)


def wipe() -> None:
    """Removes what the stopped cloud was; the cache stays."""
    for folder in (STATE, ETC, LOG):
        shutil.rmtree(folder, ignore_errors=True)


def make_places() -> None:
    for folder in (ETC, STATE, LOG, CACHE, RUN):
        folder.mkdir(parents=True, exist_ok=True)
    link = HOME / "run"
    if not link.is_symlink():
        link.symlink_to(RUN)


def running() -> bool:
    return all(processes.alive(name) for service in SERVICES for name in service.module.PROCESSES)


def _answering() -> bool:
    return all(_answers(service) for service in SERVICES if service.has("URL"))


def _answers(service: Service) -> bool:
    try:
        return waiting.answers(service.module.URL)
    except OSError:
        return False


def status() -> bool:
    """Prints each process and each API as it is now; true if all is well."""
    total, well = 0.0, True
    for service in SERVICES:
        for name in service.module.PROCESSES:
            pid = processes.alive(name)
            pss = sum(map(processes.memory, processes.members(name)))
            total, well = total + pss, well and bool(pid)
            print(f"{name:22} {'up' if pid else 'DOWN':5} {pid or '':>8} {pss:7.0f} MiB")
        if service.has("URL"):
            answers = _answers(service)
            well = well and answers
            print(f"  {service.module.URL:32} {'answers' if answers else 'NO ANSWER'}")
    for pid in libvirt.guests():
        pss = processes.memory(pid)
        total += pss
        print(f"{'(a guest)':22} {'up':5} {pid:>8} {pss:7.0f} MiB")
    print(f"{'total':37} {total:7.0f} MiB")
    return well
