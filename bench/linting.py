"""`map lint` on 1,000,000 rows: a clean map, one with a previous map of equal size, and one with a finding in every row.

Each runs in a process of its own, whose peak memory it is, and is set beside bare passes of `csv.reader` over the same file in
that process, one before and one after; findings go out as JSON. Ratios are of processor time, since wall time tells the load.
"""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import time
import uuid
from pathlib import Path

import msgspec

from bench.figures import Figure
from ground import Ground
from xtenant.people.maplint.linting import Given, Lint

ROWS = 1_000_000
COMPANY = "aaaaaaaa-1111-4111-8111-111111111111"
ASKED = {"clean": 5, "with a previous map": 8, "a finding in every row": 6}
"""How many bare passes each may take (settled C 8); none may take 500 MB."""
RUNS = 3


def measure(ground: Ground, folder: Path) -> list[Figure]:
    clean, bad, previous = folder / "map.csv", folder / "bad.csv", folder / "previous.csv"
    write_map(clean, kinds=("RegularUser", "GuestUser", "RegularGroup", "O365Group"))
    write_map(bad, kinds=("Member", "Guest", "SecurityGroup", "Unified"))
    write_map(previous, kinds=("RegularUser", "GuestUser", "RegularGroup", "O365Group"), step=7)
    files = {"clean": (clean,), "with a previous map": (clean, previous), "a finding in every row": (bad,)}
    figures: list[Figure] = []
    for name, given in files.items():
        told = [run(*given) for _ in range(RUNS)]
        assert {each["findings"] for each in told} == {ROWS if name == "a finding in every row" else 0}
        what = f"map lint, {ROWS:,} rows, {name}"
        ratios = [each["lint"] / each["bare"] for each in told]
        figures.append(Figure(name=f"{what} (at most {ASKED[name]})", unit="× csv.reader", values=ratios))
        figures.append(Figure(name=what, unit="s by the clock", values=[each["wall"] for each in told]))
        figures.append(Figure(name=f"{what} (under 500)", unit="MB at peak", values=[each["peak"] for each in told]))
    for file in (clean, bad, previous):
        file.unlink()
    return figures


def write_map(place: Path, *, kinds: tuple[str, str, str, str], step: int = 1) -> None:
    """Eight members, a guest and a group in every ten rows; `step` changes their order."""
    member, guest, security, unified = kinds
    with place.open("w", encoding="utf-8") as file:
        for number in (place * step % ROWS for place in range(ROWS)):
            if number % 10 == 9:
                source, target = uuid.UUID(int=number + 1), uuid.UUID(int=ROWS + number + 1)
                name, kind = (target, security) if number % 20 == 9 else (f"team-{number}", unified)
                file.write(f"Group,{COMPANY},{source},{target},{name},{kind}\n")
            elif number % 10 == 5:
                upn = f"guest{number}_mail.example#EXT#"
                file.write(
                    f"User,{COMPANY},{upn}@contoso.onmicrosoft.com,{upn}@fabrikam.onmicrosoft.com,"
                    f"guest{number}@mail.example,{guest}\n"
                )
            else:
                upn = f"anna.person{number}"
                file.write(f"User,{COMPANY},{upn}@contoso.com,{upn}@fabrikam.com,{upn}@fabrikam.com,{member}\n")


def run(*files: Path) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "bench.linting", *map(str, files)]
    path = {"PYTHONPATH": f"{Path(__file__).parents[1]}:{Path(__file__).parents[1] / 'tests'}"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=path)
    return json.loads(done.stdout)


def child(file: Path, previous: Path | None) -> dict[str, float]:
    """Bare pass, lint, bare pass; processor seconds, seconds by the clock, megabytes."""
    before = bare(file)
    began, clock = time.process_time(), time.perf_counter()
    findings = 0
    encode = msgspec.json.Encoder().encode
    with Path("/dev/null").open("wb") as out:
        for finding in Lint(file, Given(previous=previous)):
            out.write(encode(finding))
            findings += 1
    spent, wall = time.process_time() - began, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bare_seconds = (before + bare(file)) / 2
    return {"bare": bare_seconds, "lint": spent, "wall": wall, "peak": peak, "findings": findings}


def bare(file: Path) -> float:
    began = time.process_time()
    with file.open(encoding="utf-8", newline="") as text:
        for _ in csv.reader(text):
            pass
    return time.process_time() - began


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    print(json.dumps(child(given[0], given[1] if len(given) > 1 else None)))
