"""`python -m bench [--json] [NAME…]`: starts a lab of its own, measures, prints a table or JSON, and leaves nothing behind.

`move`: 20,000 files of 64 KiB between two tenants of the lab, each time right after `cp -r` and `sync` of the same tree.
`moveshared`: the same where both tenants keep their content in one store.
`movelarge`: 4 files of 1 GiB, streamed and shared. Needs 60 GB of disk.
`movesmall`: 2,000 files of 64 KiB, streamed and shared, to look at while working; only when named.
`movescale`: 100,000 items beside 10,000: time an item, memory of all that take part.
`queue`: 4,000 moves of empty sites accepted, and the report over all of them.
`directory`: 100,000 users, 10,000 groups and 500,000 memberships in one tenant: a page, a lookup, an effective membership.
`maplint`: an identity map of 1,000,000 rows judged: clean, beside a previous map, with a finding in every row.
`mapsend`: an identity map of 250,000 rows sent in one call, again, and changed altogether; rows of it read back.
`plancheck`: a plan of 4,000 moves checked over 1,000,000 items, beside a bare pass over the items.
`trust`: 100 trust tests one after the other over HTTPS, each with a fresh call counted at the partner.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the ground that tests and benchmarks stand on

from bench import directory, linting, mapping, moving, plancheck, queueing, scaling, trusting  # noqa: E402
from bench.figures import Figure  # noqa: E402
from ground import ground_in  # noqa: E402

BENCHMARKS = {
    "trust": trusting.measure,
    "directory": directory.measure,
    "maplint": linting.measure,
    "move": moving.streamed,
    "moveshared": moving.shared,
    "movelarge": moving.large,
    "movescale": scaling.measure,
    "mapsend": mapping.measure,
    "plancheck": plancheck.measure,
    "queue": queueing.measure,
}
ONLY_WHEN_NAMED = {"movesmall": moving.small}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[[], *BENCHMARKS, *ONLY_WHEN_NAMED], help="which; all when none is named"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--folder", help="where to work, to measure another disk than that of /tmp")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory(prefix="xtenant-bench-", dir=arguments.folder) as folder,
        ground_in(Path(folder) / "lab") as ground,
    ):
        for name in arguments.names or BENCHMARKS:
            figures += {**BENCHMARKS, **ONLY_WHEN_NAMED}[name](ground, Path(folder))
    if arguments.json:
        print(json.dumps({"machine": machine(), "figures": [figure.row() for figure in figures]}, indent=1))
    else:
        show(figures)


def machine() -> dict[str, object]:
    """What the figures were taken on; a load of others makes them worse."""
    return {
        "cores": os.cpu_count(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def show(figures: list[Figure]) -> None:
    facts = machine()
    table = Table(title=f"{facts['cores']} cores, load {facts['load_average']}, Python {facts['python']}")
    for heading in ("figure", "median", "least", "most", "95th", "of"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for figure in figures:
        table.add_row(*figure.cells())
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
