"""The table of `projections/README.md`, and that no two views get in each other's way."""

from collections import Counter
from pathlib import Path

from hub_projections.database import BOOKMARK, ERASED, QUARANTINE, VIEW_STATE
from hub_projections.view import View
from hub_projections.views import all_views

README = Path(__file__).parents[2] / "projections" / "README.md"
BEGIN, END = "<!-- views: checked by tests/projections/test_table_of_views.py -->\n", "<!-- /views -->\n"


def sentence(view):
    return type(view).__doc__.strip().partition("\n")[0]


def table_of_views():
    lines = ["| view | version | tables | what it holds |", "|---|---|---|---|"]
    for view in all_views():
        tables = " ".join(f"`{table.name}`" for table in view.tables)
        lines.append(f"| `{view.name}` | {view.version} | {tables} | {sentence(view)} |")
    return "\n".join(lines)


def test_the_readme_lists_every_view_as_the_code_has_it():
    right = table_of_views()
    listed = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    assert listed.strip() == right.strip(), f"projections/README.md should hold between its markers:\n\n{right}"


def test_every_view_in_the_folder_is_in_the_table_of_contents():
    folder = Path(View.__module__.replace(".", "/"))
    files = {path.stem for path in (README.parent / folder.parent / "views").glob("*.py")} - {"__init__"}

    assert files == {type(view).__module__.rpartition(".")[2] for view in all_views()}


def test_no_two_tables_have_the_same_name():
    own = [table.name for view in all_views() for table in view.tables]
    sources = [f"{view.name}_row_source" for view in all_views()]
    shared = [table.name for table in (VIEW_STATE, QUARANTINE, ERASED, BOOKMARK)]

    assert [name for name, times in Counter([*own, *sources, *shared]).items() if times > 1] == []


def test_every_view_says_in_a_sentence_what_it_holds():
    assert [view.name for view in all_views() if not sentence(view).endswith(".")] == []
