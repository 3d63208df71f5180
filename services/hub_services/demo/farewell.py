"""How to go on with the hub the demonstration leaves: serve it, sign in as anybody, ask it something."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from hub_services.demo import child7
from hub_services.demo.looking import Looking
from hub_services.demo.paper import chapter, say, sheet
from hub_services.demo.people import ADMINISTRATOR, PEOPLE, SOCIAL_WORKER
from hub_services.demo.step import PASSWORD
from hub_services.settings import DEFAULT_FOLDER

CURL = """\
hub=http://127.0.0.1:8000/v1
token=$(curl -s $hub/sessions -H 'Content-Type: application/json' \\
    -d '{{"login": "{login}", "password": "{password}"}}' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
curl -s $hub/timelines/{case} \\
    -H "Authorization: Bearer $token" -H 'Hub-Purpose: SAFEGUARDING'"""


def farewell(looking: Looking, folder: Path) -> None:
    """Print the accounts, and what to type."""
    chapter(looking.console, "Going on")
    accounts = sheet(login=14, name=20, role=26, agency=0)
    for person in (*PEOPLE, ADMINISTRATOR):
        accounts.add_row(person.login, person.name, person.role_label, person.agency_label)
    looking.console.print(accounts)
    say(looking.console, f"The password of each is: {PASSWORD}")
    say(looking.console, "")
    settings = (
        "" if folder.absolute() == DEFAULT_FOLDER.absolute() else (f"HUB_DATA={folder} HUB_PROFILE=demonstration ")
    )
    say(looking.console, "The hub is left as the story leaves it. Serve it with")
    say(looking.console, f"\n    {settings}make serve\n")
    say(looking.console, "and in another terminal sign in as the social worker and read the timeline:\n")
    typed = CURL.format(login=SOCIAL_WORKER.login, password=PASSWORD, case=looking.id(child7.CASE))
    for line in typed.splitlines():
        looking.console.print(Text(f"    {line}"), soft_wrap=True)
