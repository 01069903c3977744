"""`xtenant demo`: a lab of its own, real files in, all seven steps by the library, and a proof over the wire.

`telling` prints, `stage` starts and ends the lab, `estate` brings content in and `history` further versions, `steps` carries out
the steps, `proving` compares, `command` puts them in order.
"""

from __future__ import annotations

from xtenant.cli.demo.command import register

__all__ = ["register"]
