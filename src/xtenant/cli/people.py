"""`xtenant people …`: the identities of the target; the commands of step 4 put together."""

from __future__ import annotations

import typer

from xtenant.cli import people_apply, people_looking, people_plan

app = typer.Typer(help="The people and groups of the target: plan, create, check, open.", no_args_is_help=True)
app.command("plan")(people_plan.plan)
app.command("apply")(people_apply.apply)
app.command("check")(people_looking.check)
app.command("open")(people_looking.open_)
